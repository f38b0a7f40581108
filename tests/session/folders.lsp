# Several folders, one of them through the event; a task works in the folder of its file.
model: {"calls":[{"name":"list_files","input":{"path":"."}}]}
model: {"text":"Listed.","expect":"inner.c"}
file: sub/inner.c "int a;\n"
file: outer.c "int b;\n"
ignore $/progress
ignore window/logMessage
answer window/showDocument {"result":{"success":true}}
init vscode-9
--> {"method":"workspace/didChangeWorkspaceFolders","params":{"event":{"added":[{"uri":"${uri}/sub","name":"sub"}],"removed":[]}}}
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/sub/inner.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"window/showMessage","params":{"message":"~inner.c: done"}}
--> {"id":2,"method":"emend/transcript","params":{"taskId":"$task"}}
<-- {"id":2,"result":{"events":"..."}}
