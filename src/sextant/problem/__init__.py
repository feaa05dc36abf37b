"""Phase 1, the problem: is it worth solving, and is ML the way?

documents        what people write down, from the five Ws to the brief
five_ws          reads the five answers and names what is unclear, by rules that can be read
decision_tree    six questions, one outcome, and the path that led there
roi              benefit against cost as ranges: the middle, the chance of a loss, the payback
feasibility      four sides, what to ask on each, and what a caution asks for
targets          targets as rows of a sheet, and the questions that a row raises
declared         numbers that somebody read elsewhere, with their source and day
amounts          amounts and days as people write them
brief            the brief drafted from all of the above
example          the worked example: an assistant that drafts blog posts, phase 1 as data
"""
