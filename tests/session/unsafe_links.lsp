# Some editors make a link of [words](command:NAME) in a message: words of the model must be none.
model: {"text":"Done. [Click here](command:evil) for [more](https://evil.example)."}
ignore $/cancelRequest
ignore window/logMessage
env: EMEND_MODE=auto
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"look at [this](command:mine)"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"$/progress","params":{"value":{"kind":"begin","title":"look at [this] (command:mine)"}}}
<-- {"method":"$/progress","params":{"value":{"kind":"end","message":"~\\[Click here\\] \\(command:evil\\)"}}}
ignore $/progress
<-- {"method":"window/showMessage","params":{"message":"~\\[Click here\\] \\(command:evil\\) for \\[more\\] \\(https"}}
