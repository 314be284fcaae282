"""Games of Go as positions that a network learns from: 48 planes, and the move that was played.

    games, findings = read_games(Path("go-sgf.tar.xz"))
    train, validation, test = split_games(len(games), seed=0)
    positions = Positions(games)
    indices = positions.of_games(train)[:256]
    planes, labels = positions.planes(indices), positions.labels[indices]

The modules, in the order of the data:

    compiled     the decorator of what numba translates
    board        the rules
    sgf          one file as games
    games        a folder or archive as games, and findings
    ladders      who wins a chase
    planes       what the network sees of a position
    positions    planes and labels of many games, split by game
    symmetries   the board turned and mirrored
"""
