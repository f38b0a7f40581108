# window/workDoneProgress/cancel; unknown and ended tokens are ignored.
model: {"hang":true}
file: a.c "int a;\n"
manual window/workDoneProgress/create
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"hang for ever"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$create","method":"window/workDoneProgress/create","params":{"token":"$token"}}
--> {"id":"$create","result":null}
<-- {"method":"$/progress","params":{"token":"$token","value":{"kind":"begin","title":"hang for ever"}}}
--> {"method":"window/workDoneProgress/cancel","params":{"token":"unknown"}}
--> {"method":"window/workDoneProgress/cancel","params":{"token":5}}
--> {"method":"window/workDoneProgress/cancel","params":{}}
--> {"id":2,"method":"emend/tasks"}
<-- {"id":2,"result":{"tasks":[{"state":"running"}]}}
--> {"method":"window/workDoneProgress/cancel","params":{"token":"$token"}}
<-- {"method":"$/progress","params":{"token":"$token","value":{"kind":"end"}}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~cancelled"}}
--> {"method":"window/workDoneProgress/cancel","params":{"token":"$token"}}
ignore $/progress
quiet 0.2
