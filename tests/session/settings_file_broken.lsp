# The same for the user's file: with its name and line.
config: {"model": "a/b",
    "budget": 12}
init vscode-9
<-- {"method":"window/showMessage","params":{"type":1,"message":"~config.json.*budget"}}
