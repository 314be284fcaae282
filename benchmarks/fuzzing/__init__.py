"""Valid sources and run folders, what is done to their bytes, and commands that meet them alone.

samples, run_folders      what is valid
mutations, structure      what becomes of it
isolation                 one command in a child that cannot harm, and what it did
"""
