"""Games of Go as positions that a network learns from: 48 planes, and the move that was played.

    games, findings = read_games(Path("go-sgf.tar.xz"))
    positions = Positions(games)
    planes, labels = positions.planes(np.arange(256)), positions.labels[:256]

The modules, in the order of the data:

    files        which files hold games
    compiled     the decorator of what numba translates
    board        the rules
    sgf          one file as games
    games        a folder or archive as games, and findings
    ladders      who wins a chase
    planes       what the network sees of a position
    positions    planes and labels of many games
    symmetries   the board turned and mirrored
    scores       how often the move that was played is found
    diagram      one position drawn, as SVG and for a terminal
    boards       positions as a data set that is computed on demand
    source       games as a source of data
    check        what `noonbit check` says of them
    baselines    what a network has to beat
    predict      what a network says of one move
"""
