# A command sees the screen's text of every open document, also of one that has no file yet; the disk stays.
model: {"calls":[{"name":"run_command","input":{"command":"cat a.c sub/b.c > seen"}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
check: a.c "int old;\n"
check: seen "int screen_a;\nint screen_b;\n"
absent: sub/b.c
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "int screen_a;\n"
open ${uri}/sub/b.c "int screen_b;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*1 file"}}
quiet 0.2
buffer ${uri}/a.c "int screen_a;\n"
