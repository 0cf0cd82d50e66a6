using System.CommandLine;
using Federation.Harness;
using Federation.Harness.Verbs;

var state = new Option<string>("--state")
{
    Description = "Folder of everything that the federation writes",
    DefaultValueFactory = _ => FederationOptions.DefaultStateFolder,
};
var root = new RootCommand("A local federation: real datacenters and a chain on this machine")
{
    UpCommand.Create(state), StatusCommand.Create(state), DownCommand.Create(state), DemoCommand.Create(state), EnforceCommand.Create(), NamesCommand.Create(), RoutesCommand.Create(),
};
try
{
    // Taking everything down after Ctrl-C takes longer than the two seconds that are the library's default.
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(2),
    });
}
catch (HarnessException error)
{
    await Console.Error.WriteLineAsync($"error: {error.Message}");
    return 1;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("interrupted; nothing was left behind");
    return 130;
}
