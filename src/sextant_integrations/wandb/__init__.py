"""Weights & Biases: offline run folders, read without its package and without a network; 0.31 is what the tests run with.

client      the run folders under a folder, and the records of a run's .wandb file
incoming    what the records say as the library's run

There are no settings, since a folder is named where it is read, and nothing goes out. The file is the truth of an offline
run: `files/` may lack its summary and its settings. Its format is LevelDB's record log
(https://github.com/google/leveldb/blob/main/doc/log_format.md) around messages whose field numbers the rules of protocol
buffers fix for ever, so reading it needs neither the `wandb` package nor its internals.
"""
