"""The command line: thin commands over the library and the one client.

The map, in reading order:

    main          what there is: the table of commands; starting, failing, ending
    group         commands that are loaded when they are asked for
    common        options that many commands share, and which project is meant
    output        tables, colours, JSON
    init check sync schema                  the project as code
    gate gate_formats status                where it stands
    evidence criteria documents subject     what it rests on
    decisions planning plan                 what people decide and plan
    audit                                   whether the log is what it was
    server accounts demo                    running it
"""
