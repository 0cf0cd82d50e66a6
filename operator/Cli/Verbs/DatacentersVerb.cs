using System.CommandLine;
using System.Text.Json.Nodes;
using Federation.Cli.Commands;
using Federation.Cli.Output;

namespace Federation.Cli.Verbs;

/// <summary><c>datacenters</c>: who is in the registry.</summary>
internal static class DatacentersVerb
{
    public static Command Create(Surroundings here)
    {
        var region = new Option<string[]>("--region") { HelpName = "REGION", Description = "Those of this region alone; may be given several times." };
        var active = new Option<bool>("--active") { Description = "Those alone that take leases." };
        return new Command("datacenters", "List the datacenters of the registry.") { region, active }.Does(here, async call =>
        {
            var chain = await call.ChainAsync();
            var token = call.Settings.TokenOf(chain.Contracts);
            var units = await chain.UnitsAsync(token, call.Cancellation);
            var regions = call.Of(region) ?? [];
            var found = (await chain.DatacentersAsync(token, "", call.Cancellation))
                .Where(d => (regions.Length == 0 || regions.Contains(d.Place.Region)) && (d.IsActive || !call.Of(active)))
                .OrderBy(d => d.Place.Region, StringComparer.Ordinal).ThenBy(d => d.Place.Provider, StringComparer.OrdinalIgnoreCase);
            call.Write(new Sheet(
                "datacenter",
                [new("PROVIDER"), new("REGION"), new("ACTIVE"), new("FREE STAKE"), new("ENDPOINT"), new("OPERATOR", IsWide: true), new("CAPABILITIES", IsWide: true)],
                [
                    .. found.Select(d => new Row(
                        d.Place.Provider,
                        new JsonObject
                        {
                            ["kind"] = "datacenter", ["provider"] = d.Place.Provider, ["region"] = d.Place.Region, ["active"] = d.IsActive, ["freeStake"] = Shown.Text(d.Stake), ["token"] = token.ToString(),
                            ["endpoint"] = d.Endpoint, ["operator"] = d.OperatorKey, ["capabilities"] = Shown.Text(d.Capabilities),
                        },
                        d.Place.Provider, Printable.Line(d.Place.Region), d.IsActive ? "yes" : "no", units.Show(d.Stake), Printable.Line(d.Endpoint), d.OperatorKey, $"0x{d.Capabilities:x}")),
                ]) { Nothing = "The registry has no such datacenter." });
        });
    }
}
