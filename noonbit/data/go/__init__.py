"""Games of Go as positions to learn from: 48 feature planes, and the move that was played.

    games, findings = read_games(Path("go-sgf.tar.xz"))
    positions = Positions(games)
    planes, labels = positions.planes(np.arange(256)), positions.labels[:256]

The modules, in the order of the data:

    files        find the SGF files of a source
    compiled     the decorator for functions that numba compiles
    board        the rules
    sgf          read the games of one SGF file
    games        read the games of a folder or archive, and report odd files
    ladders      decide ladders by search
    planes       compute the feature planes of a position
    positions    planes and labels of many games
    symmetries   rotate and mirror boards
    diagram      draw a position, as SVG or for a terminal
    boards       positions as a data set that is computed on demand
"""
