using Federation.Harness;
using Federation.Harness.Machine;

namespace Federation.Scenarios.MainJob;

/// <summary>Takes whatever is sent to it and counts it. As on the internet: at a public address, on the datacenter's own loopback alone.</summary>
internal sealed class Sink(MainJobFixture fixture) : IAsyncDisposable
{
    public const string Address = "9.9.9.21";
    public const int Port = 18091;
    private const string Part = "bravo/sink";

    private string File => Path.Combine(fixture.Federation.StateFolder, "sink");

    /// <summary>That have arrived.</summary>
    public long Bytes => new FileInfo(File) is { Exists: true, Length: var length } ? length : 0;

    public async Task StartAsync()
    {
        await IpAsync("add");
        Parts.Launch(fixture.Federation, Part, "/usr/bin/socat", ["-u", $"TCP-LISTEN:{Port},bind={Address},fork,reuseaddr", $"OPEN:{File},creat,append"], inside: fixture.Datacenter);
    }

    public async ValueTask DisposeAsync()
    {
        await fixture.Faults.StopAsync(Part);
        await IpAsync("del");
    }

    private Task<string> IpAsync(string verb) => Command.RunAsync("ip", ["-n", fixture.Datacenter.Parts.NetworkNamespace, "addr", verb, $"{Address}/32", "dev", "lo"]);
}
