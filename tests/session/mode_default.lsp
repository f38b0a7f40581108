# An editor that shows hunks gets the mode edit where nobody says another: one review, not two.
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int one;","new_text":"long one;"}]}}]}
model: {"calls":[{"name":"run_command","input":{"command":"echo made > made"}}]}
model: {"text":"Done."}
file: a.c "int one;\nint two;\n"
check: made "made\n"
ignore $/progress
ignore $/cancelRequest
ignore window/logMessage
init vscode {"capabilities":{"experimental":{"emend":true}}}
ignore emend/task
ignore emend/text
ignore emend/hunks
open ${uri}/a.c "int one;\nint two;\n"
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":2,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~Done"}}
buffer ${uri}/a.c "long one;\nint two;\n"
