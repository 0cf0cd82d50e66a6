using System.CommandLine;
using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Federation.Cli.Access;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Verbs;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Kubernetes.Configuration;

namespace Federation.Cli.Providing;

/// <summary><c>meter</c>: what a datacenter has measured of a lease, beside what is settled.</summary>
internal static class MeterVerb
{
    private static readonly BigInteger Gibi = BigInteger.Pow(2, 20) * 1_000;

    public static Command Create(Surroundings here)
    {
        var lease = GetVerb.Lease();
        lease.Arity = ArgumentArity.ExactlyOne;
        return new Command("meter", "For providers: show what the datacenter has measured of a lease, beside what is settled.") { lease }.Does(here, async call =>
        {
            if (!LeaseId.TryParse(call.Of(lease), out var id)) throw new CliException(ExitCodes.Usage, "Give the whole id of the lease: kubectl compute leases -o name.");
            var found = await call.LeaseAsync(id.Hex);
            var chain = await call.ChainAsync();
            var settled = (await chain.Archive.ReadHistoryAsync(found, call.Cancellation)).Settlements is [.., var last] ? last.Usage : UsageVector.Zero;
            using var door = new LeaseDoor(KubernetesClientConfiguration.Load(call.Kubeconfig ?? KubeconfigFile.Of(null, here).Path, call.Context, here.Clock), here.Clock);
            var usage = (await door.ReadAsync(id, call.Cancellation) ?? throw new CliException(ExitCodes.NotFound, $"The cluster has no ComputeLease {id.Namespace}: is it the context of that datacenter?"))["status"]?["usage"] as JsonObject;
            if (call.Format is OutputFormat.Table or OutputFormat.Wide)
                here.Error.Write(usage is null ? "Nothing is measured yet.\n" : $"Measured through {Shown.Time(((long?)usage["throughMs"] ?? 0) / 1_000)}; coverage {usage["coverage"] ?? "unknown"}.\n");
            var measured = Measured(usage);
            call.Write(new Sheet(
                "meter", [new("METER"), new("MEASURED"), new("SETTLED"), new("UNSETTLED")],
                [
                    .. CountersignRules.Meters(settled).Zip(CountersignRules.Meters(measured)).Select(p => new Row(
                        p.First.Name,
                        new JsonObject { ["kind"] = "meter", ["lease"] = id.Hex, ["name"] = p.First.Name, ["measured"] = Shown.Text(p.Second.Value), ["settled"] = Shown.Text(p.First.Value) },
                        p.First.Name, Shown.Text(p.Second.Value), Shown.Text(p.First.Value), (new BigInteger(p.Second.Value) - p.First.Value).ToString(CultureInfo.InvariantCulture))),
                ]));
        });
    }

    // The object has finer units than receipts: they are brought to those as the operator does it.
    private static UsageVector Measured(JsonObject? usage)
    {
        ulong In(string name, BigInteger unit) => usage?[name]?.ToString() is { Length: > 0 } text && BigInteger.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var raw) ? (ulong)BigInteger.Min(raw / unit, ulong.MaxValue) : 0;
        return new UsageVector(In("cpuNanoSeconds", 1_000_000), In("memoryByteMs", Gibi), In("storageMiBMs", 1_000), In("egressBytes", 1_024), In("gpuMsA", 1), In("gpuMsB", 1));
    }
}
