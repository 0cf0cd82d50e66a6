using System.CommandLine;
using Federation.Harness.Following;
using Federation.Harness.Routing;
using Federation.Kubernetes.Models;

namespace Federation.Harness.Verbs;

/// <summary><c>routes</c>: what a story runs beside an ingress, so that it knows a datacenter's Ingress objects. Not for people.</summary>
internal static class RoutesCommand
{
    internal static Command Create()
    {
        var (kubeconfig, name, file) = (Required("--kubeconfig"), Required("--class"), Required("--file"));
        var command = new Command("routes", "Keep the routes of a datacenter's Ingress objects") { kubeconfig, name, file };
        command.Hidden = true;
        command.SetAction(async (parsed, ct) =>
        {
            await Follower.RunAsync(parsed.GetRequiredValue(kubeconfig), [ResourceKinds.Ingress, ResourceKinds.Service],
                seen => RouteTable.Render(seen[0], seen[1], parsed.GetRequiredValue(name)), text => Follower.ReplaceAsync(parsed.GetRequiredValue(file), text, ct), ct);
            return 0;
        });
        return command;
    }

    private static Option<string> Required(string name) => new(name) { Required = true };
}
