using System.CommandLine;
using Federation.Harness.Naming;

namespace Federation.Harness.Verbs;

/// <summary><c>names</c>: what a started datacenter runs so that its name server knows its Services. Not for people.</summary>
internal static class NamesCommand
{
    internal static Command Create()
    {
        var (kubeconfig, folder) = (new Option<string>("--kubeconfig") { Required = true }, new Option<string>("--folder") { Required = true });
        var command = new Command("names", "Keep the names of a datacenter's Services") { kubeconfig, folder };
        command.Hidden = true;
        command.SetAction(async (parsed, ct) =>
        {
            await NameFollower.RunAsync(parsed.GetRequiredValue(kubeconfig), parsed.GetRequiredValue(folder), ct);
            return 0;
        });
        return command;
    }
}
