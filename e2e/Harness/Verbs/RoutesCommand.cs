using System.CommandLine;
using Federation.Harness.Routing;

namespace Federation.Harness.Verbs;

/// <summary><c>routes</c>: what a story runs beside an ingress, so that it knows a datacenter's Ingress objects and HTTPRoutes. Not for people.</summary>
internal static class RoutesCommand
{
    internal static Command Create()
    {
        var (kubeconfig, name, gateway, file) = (Required("--kubeconfig"), Required("--class"), Required("--gateway"), Required("--file"));
        var command = new Command("routes", "Keep the routes of a datacenter's Ingress objects and HTTPRoutes") { kubeconfig, name, gateway, file };
        command.Hidden = true;
        command.SetAction(async (parsed, ct) =>
        {
            await RouteFollower.RunAsync(parsed.GetRequiredValue(kubeconfig), parsed.GetRequiredValue(name), parsed.GetRequiredValue(gateway), parsed.GetRequiredValue(file), ct);
            return 0;
        });
        return command;
    }

    private static Option<string> Required(string name) => new(name) { Required = true };
}
