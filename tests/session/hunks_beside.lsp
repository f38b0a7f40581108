# What a file is beside its text: a rejection keeps the encoding, brings back permissions, and takes the
# folders away that were made.
bytes: a.txt "\u00ff\u00feo\u0000n\u0000e\u0000\n\u0000t\u0000w\u0000o\u0000\n\u0000"
file: tool.sh "echo tool\n"
chmod tool.sh 755
model: {"calls":[{"name":"read_file","input":{"path":"a.txt"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.txt","edits":[{"old_text":"two","new_text":"2"}]}},{"name":"write_file","input":{"path":"deep/down/new.txt","content":"new\n"}},{"name":"run_command","input":{"command":"rm tool.sh"}}]}
model: {"text":"Done."}
env: EMEND_MODE=auto
ignore $/progress
ignore $/cancelRequest
ignore window/logMessage
init plugin
ignore emend/task
ignore emend/text
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"change","uri":"${uri}/a.txt"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"window/showMessage","params":{"message":"~Done"}}
holds a.txt "\u00ff\u00feo\u0000n\u0000e\u0000\n\u00002\u0000\n\u0000"
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.rejectAll","arguments":[{"task":"$task"}]}}
<-- {"id":2,"result":{"hunks":3}}
holds a.txt "\u00ff\u00feo\u0000n\u0000e\u0000\n\u0000t\u0000w\u0000o\u0000\n\u0000"
disk tool.sh "echo tool\n"
mode tool.sh 755
absent: deep
quiet 0.1
