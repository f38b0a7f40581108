# Where the editor takes virtual documents, a report is one.
model: {"text":"virtual words"}
file: a.c "int a;\n"
ignore $/progress
init vscode
open ${uri}/a.c "int a;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.review","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$show","method":"window/showDocument","params":{"uri":"$doc"}}
--> {"id":2,"method":"workspace/textDocumentContent","params":{"uri":"$doc"}}
<-- {"id":2,"result":{"text":"~virtual words"}}
--> {"id":"$show","result":{"success":true}}
<-- {"method":"window/showMessage","params":{"message":"~done"}}
