# What the user types while a command runs is merged with what the command changed.
model: {"calls":[{"name":"run_command","input":{"command":"sed -i s/one/ONE/ a.c; touch started; sleep 1"}}]}
model: {"text":"The end."}
file: a.c "one\ntwo\nthree\nfour\n"
check: a.c "one\ntwo\nthree\nfour\n"
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "one\ntwo\nthree\nfour\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
sleep 0.5
type ${uri}/a.c 3:0-3:4 "FOUR"
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done"}}
buffer ${uri}/a.c "ONE\ntwo\nthree\nFOUR\n"
