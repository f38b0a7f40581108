# Rule 11: a command of the model prints what it likes; not one byte of it reaches the editor's pipe.
model: {"calls":[{"name":"run_command","input":{"command":"echo stray; echo more >&2; cat"}}]}
model: {"text":"Ran it.","expect":"stray"}
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"print"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~Ran it"}}
quiet 0.1
