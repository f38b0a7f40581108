# A NUL that comes into a buffer after a task changed it: undo refuses rather than lose it, and says why.
model: {"calls":[{"name":"run_command","input":{"command":"sed -i s/foo/bar/ a.txt"}}]}
model: {"text":"Done it."}
file: a.txt "foo\n"
check: a.txt "foo\n"
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.txt "one\ntwo\nfoo\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"change it"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~Done it"}}
buffer ${uri}/a.txt "one\ntwo\nbar\n"
type ${uri}/a.txt 0:0-0:3 "1\u0000"
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"method":"window/showMessage","params":{"message":"~0 restored, 1 refused.*a.txt: .*not text"}}
buffer ${uri}/a.txt "1\u0000\ntwo\nbar\n"
