"""Other people's tools that Sextant works with. Each folder holds the same files:

    settings    where the tool is and by which secret, out of the environment; secrets are never shown or stored
    client      asks the tool, and turns what it says into Sextant's errors
    outgoing    what is ours, in the tool's shape
    incoming    what is theirs, in ours

    label_studio    rounds of labeling there: projects and tasks out, annotations in
    inspect_ai      logs of evaluations in (files: no settings, no client)
    promptfoo       results of evaluations in (files: no settings, no client)
    endpoint        any endpoint or callable under load (no settings: it is named each time)
    mlflow          runs and the registry in, verdicts out
    wandb           offline run folders in

An integration imports the library only, and no other integration; a tool's own package is imported where it is used, so
that every one of them can be imported without it. Who brings both sides together is `sextant_client`.
"""
