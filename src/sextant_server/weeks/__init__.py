"""The rhythm of the weeks: what waits for whom, the Monday digest, the stakeholders' meeting, the portfolio.

models      what each project's standing said last, what it waits for, what turned; a person's settings
actions     work a standing out and keep it; settings, reminders, what was sent
queries     Today and the portfolio, out of what is kept, in a fixed number of queries
changes     what changed in a project since a moment
digest      Monday's mail and message
meeting     the page for stakeholders, on the screen, as a presentation, as PDF
waivers     waivers and how they turned out
"""
