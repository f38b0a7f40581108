# A buffer with a NUL keeps it. It is binary: no tool shows or changes it, neither does a command, which sees it as it is.
model: {"calls":[{"name":"read_file","input":{"path":"a.txt"}}]}
model: {"expect":"a.txt (16 bytes) is not shown. It is binary in the editor: it has a NUL","calls":[{"name":"edit_file","input":{"path":"a.txt","edits":[{"old_text":"foo","new_text":"bar"}]}}]}
model: {"expect":"it has a NUL","calls":[{"name":"write_file","input":{"path":"a.txt","content":"new\n"}}]}
model: {"calls":[{"name":"run_command","input":{"command":"wc -c < a.txt; sed -i s/foo/bar/ a.txt; echo kept > b.txt"}}]}
model: {"text":"I could not.","expect":["16","not kept: a.txt: it is open in the editor and binary: it has a NUL","A b.txt"]}
file: a.txt "disk\n"
check: a.txt "disk\n"
absent: b.txt
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.txt "one\u0000two\nmid\nfoo\n"
buffer ${uri}/a.txt "one\u0000two\nmid\nfoo\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"change it"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"window/showMessage","params":{"message":"~I could not"}}
buffer ${uri}/a.txt "one\u0000two\nmid\nfoo\n"
# Typing beside it, and undo of the task, leave it where it is.
type ${uri}/a.txt 2:0-2:3 "bar\u0000"
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"method":"window/showMessage","params":{"message":"~restored"}}
buffer ${uri}/a.txt "one\u0000two\nmid\nbar\u0000\n"
# Explaining it is refused, with the reason.
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/a.txt"}]}}
<-- {"id":3}
<-- {"method":"window/showMessage","params":{"message":"~it has a NUL"}}
