"""Phase 2, the data: what is needed, where it comes from, how it is labeled, and how good it is.

documents        what people write down: requirements, sources, the plan, guidelines, pipelines, decisions
guidelines       what labelers work by: values with criteria and examples, hard cases, questions
requirements     rules that can be checked, and the sides of the data that still have none
labels           from one rating a row to the counts that agreement is computed from
annotations      many people's labels of many items, as whole numbers that are quick to count
consensus        from many labels of an item to one: majority, weighted, Dawid–Skene; how good each labeler is
agreeing         how far labelers agree: all together, label by label, each two of them
label_rules      labels by rule: weak rules, what each covers, and one noisy label an item
label_errors     labels that a model confidently contradicts
prelabels        how far a model's pre-labels sway who sees them
suggest          which items to label next
exchange         labels that other tools exported
findings         what was decided about each finding of a quality report
profile          what a table holds in some KB a column: what it says, how parts add up, as JSON
profiling        measuring one, on any engine
counting         the two ways to count a column of many different values, and engines' hashes
streaming        one of them: rows go by, and NumPy counts
profile_text     a profile as text and as HTML
drift            how far each column has moved between two tables, and whether that is drift
drift_report     what that gives: columns with their verdicts
drift_text       a drift report as text and as HTML
domain           can a classifier tell two tables apart, all columns together?
contents         the same for free text, by its words, and for embeddings
pairs            do columns hang together in two tables alike?
synthetic        how like real rows are synthetic ones: six questions
synthetic_text   that in sentences, as text and as HTML
quality          what is wrong with a table: missing, far out, written in several ways, repeated, one-sided, ...
rules            rules that a table must keep: evaluated, or learned from a reference
near             texts that are nearly the same
recipes          fixes as a list of steps: tried, applied to a new table, used again on next week's
steps            the steps that change values
row_steps        the steps that leave rows out, add some, or mark them
"""
