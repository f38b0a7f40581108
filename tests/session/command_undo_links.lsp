# Undo covers what a command did to links and permissions, also where one took the place of the other.
model: {"calls":[{"name":"run_command","input":{"command":"ln -s a.c new.ln; ln -sfn a.c was.ln; rm gone.ln; rm -r sub; rm file.txt; ln -s a.c file.txt; rm link.txt; echo text > link.txt; chmod 755 run.sh; printf 'more\\n' >> tool.sh; chmod 755 tool.sh","reason":"a test"}}]}
model: {"text":"The end.","expect":["mode run.sh (the user may execute it later)\n","A new.ln\n","M was.ln\n"]}
file: a.c "int old;\n"
file: file.txt "a file\n"
file: run.sh "run\n"
file: tool.sh "tool\n"
link: was.ln b.c
link: gone.ln a.c
link: sub/deep.ln ../a.c
link: link.txt a.c
check: file.txt "a file\n"
check: run.sh "run\n"
check: tool.sh "tool\n"
absent: new.ln
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"change it"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*8 files"}}
linked new.ln a.c
linked was.ln a.c
linked gone.ln
linked file.txt a.c
disk link.txt "text\n"
mode run.sh 755
mode tool.sh 755
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":3,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~9 restored$"}}
linked was.ln b.c
linked gone.ln a.c
linked sub/deep.ln ../a.c
linked link.txt a.c
linked new.ln
mode run.sh 644
mode tool.sh 644
# And again.
--> {"id":4,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task","redo":true}]}}
<-- {"id":4,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~9 restored$"}}
linked new.ln a.c
linked was.ln a.c
linked gone.ln
linked file.txt a.c
disk link.txt "text\n"
mode run.sh 755
mode tool.sh 755
# What the user changed since stays.
retarget was.ln a2.c
chmod run.sh 700
--> {"id":5,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":5,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":2,"message":"~7 restored, 2 refused"}}
linked was.ln a2.c
mode run.sh 700
linked link.txt a.c
