# An explanation for a plugin: what streams is sent in few pieces, and the whole comes at the end, as a file.
model: {"text":"# The function\nIt **adds** `n` values. Every word of this is a piece of its own in the stream of the model, and there are more of them than messages to the plugin: one two three four five six seven eight nine ten."}
file: a.c "int old;\n"
ignore emend/task
ignore $/progress
ignore window/logMessage
init plugin
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<== {"method":"emend/text","params":{"taskId":"$task","text":"~^# The function(.|\n)*nine ten\\.$"}}
<-- {"method":"emend/show","params":{"taskId":"$task","title":"Explain a.c","uri":"~^file:///.*\\.md$"}}
<-- {"method":"window/showMessage","params":{"message":"~^Emend: Explain a.c: done \\(\\$0\\.00"}}
