# Rule 1: the answer comes at once. Rule 2: the progress is the server's own. The report is shown as a file.
model: {"text":"It returns **42**.\nThat is all.","chunk_ms":5}
file: a.c "int answer(void)\n{\n\treturn 42;\n}\n"
manual window/workDoneProgress/create
init vscode-9
open ${uri}/a.c "int answer(void)\n{\n\treturn 42;\n}\n" 1 c
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/a.c","range":{"start":{"line":0,"character":0},"end":{"line":4,"character":0}},"version":1}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"id":"$create","method":"window/workDoneProgress/create","params":{"token":"$token"}}
--> {"id":"$create","result":null}
<-- {"method":"$/progress","params":{"token":"$token","value":{"kind":"begin","title":"~a.c","cancellable":true,"percentage":"!absent"}}}
<-- {"id":"$show","method":"window/showDocument","params":{"uri":"~^file://.*/state/.*[.]md$","takeFocus":"!absent","external":"!absent"}}
--> {"id":"$show","result":{"success":true}}
<-- {"method":"$/progress","params":{"token":"$token","value":{"kind":"end"}}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~^Emend: .*done"}}
ignore $/progress
--> {"id":2,"method":"emend/tasks"}
<-- {"id":2,"result":{"tasks":[{"taskId":"$task","state":"done","kind":"explain","usd":"*"}]}}
--> {"id":3,"method":"emend/transcript","params":{"taskId":"$task"}}
<-- {"id":3,"result":{"taskId":"$task","events":[{"type":"task","task":"$task"},"..."]}}
quiet 0.2
