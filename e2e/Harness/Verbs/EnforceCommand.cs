using System.CommandLine;
using Federation.Harness.Enforcing;

namespace Federation.Harness.Verbs;

/// <summary><c>enforce</c>: what a started datacenter runs in its own network to have its NetworkPolicies enforced. Not for people.</summary>
internal static class EnforceCommand
{
    internal static Command Create()
    {
        var (kubeconfig, pods, table) = (Required("--kubeconfig"), Required("--pods"), Required("--table"));
        var command = new Command("enforce", "Enforce the NetworkPolicies of a datacenter") { kubeconfig, pods, table };
        command.Hidden = true;
        command.SetAction(async (parsed, ct) =>
        {
            await PolicyEnforcer.RunAsync(parsed.GetRequiredValue(kubeconfig), parsed.GetRequiredValue(pods), parsed.GetRequiredValue(table), ct);
            return 0;
        });
        return command;
    }

    private static Option<string> Required(string name) => new(name) { Required = true };
}
