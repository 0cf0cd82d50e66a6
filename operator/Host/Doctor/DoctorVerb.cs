using Federation.Host.Options;
using Federation.Host.Tenancy;

namespace Federation.Host.Doctor;

/// <summary>
/// <c>federation-operator doctor</c>: with the operator's own settings and as its own user it looks at everything that the operator needs,
/// changes nothing, and says of each thing that is wrong what mends it. <c>helm test</c> runs it. <c>doctor tenant</c> is a tenant's operator's, <c>doctor evidence</c> looks at the evidence's volume alone.
/// </summary>
internal static class DoctorVerb
{
    public const string Name = "doctor";

    private const int WrongSettings = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // What the operator says of itself is ten seconds old at most: what was wrong for a moment is well by then.
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(12);

    /// <returns>0 when nothing is wrong; 1 when something is; 2 when the settings are.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var isTenant = args is [TenantHost.Name, ..];
        var settings = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true, reloadOnChange: false).AddEnvironmentVariables().AddCommandLine(isTenant ? args[1..] : args).Build();
        // A pod with that volume starts once its claim is filled, and the other looks do not wait for it.
        if (args is [EvidenceLook.Name]) return await ReportAsync([Look.At(EvidenceLook.Name, "", _ => Task.FromResult(EvidenceLook.Folder(settings["Federation:Evidence:Folder"] ?? "")))], Console.Out);
        var missing = Missing(settings["Doctor:Needs"] ?? "");
        if (isTenant)
        {
            var (bought, strange) = new SettingsFile<TenantOptions>(settings, "Tenant", o => o.Faults()).Read();
            return await AreReadAsync([.. missing, .. strange]) ? await LookAsync(bought, Console.Out, SecondLook) : WrongSettings;
        }

        var (options, unread) = new SettingsFile<OperatorOptions>(settings, "Federation", o => OptionsCheck.Faults(o)).Read();
        return await AreReadAsync([.. missing, .. unread]) ? await LookAsync(options, settings["Doctor:EvidenceClaim"] ?? "", Console.Out, SecondLook) : WrongSettings;
    }

    /// <param name="evidenceClaim">As the chart says it to its pods; empty: nobody says.</param>
    /// <param name="again">After how long what is wrong is looked at a second time before it is told; null: not at all.</param>
    internal static async Task<int> LookAsync(OperatorOptions options, string evidenceClaim, TextWriter output, TimeSpan? again = null)
    {
        using var cluster = ClusterLooks.Open(options, evidenceClaim);
        await using var chain = ChainLooks.Of(options);
        return await ReportAsync([.. cluster.All, .. chain.All, .. new OwnLooks(options).All], output, again);
    }

    /// <inheritdoc cref="LookAsync(OperatorOptions, string, TextWriter, TimeSpan?)"/>
    internal static async Task<int> LookAsync(TenantOptions options, TextWriter output, TimeSpan? again = null)
    {
        using var cluster = RequestLooks.Open(options);
        await using var chain = ChainLooks.Of(options);
        return await ReportAsync([.. cluster.All, .. chain.All, .. new MarketLooks(options, chain.Services).All], output, again);
    }

    /// <summary>Looks at everything at once, and tells in the order given.</summary>
    internal static async Task<int> ReportAsync(IReadOnlyList<Look> looks, TextWriter output, TimeSpan? again = null)
    {
        var bad = 0;
        foreach (var findings in looks.Select(l => FindAsync(l, again)).ToArray())
            foreach (var finding in await findings)
            {
                if (finding.Verdict == Verdict.Bad) bad++;
                await output.WriteLineAsync(finding.ToString());
            }

        await output.WriteLineAsync(bad == 0 ? "Nothing is wrong." : $"{bad} {(bad == 1 ? "thing is" : "things are")} wrong.");
        return bad == 0 ? 0 : 1;
    }

    /// <summary>What the operator's pods wait for, and the doctor's does not: without some of it the settings are good all the same.</summary>
    /// <param name="needs">As the chart says it: variables and folders, each with where it comes from, by semicolons.</param>
    internal static IReadOnlyList<string> Missing(string needs) =>
    [
        .. from need in needs.Split(';', StringSplitOptions.RemoveEmptyEntries)
           let parts = need.Split('=', 2)
           where !IsThere(parts[0])
           select $"{parts[0]} is empty, as there is no {parts[^1]}. No pod of the operator starts without it: make it, and they do",
    ];

    // In a folder without a payload the kubelet still has links of its own: ..data, and what it leads to.
    private static bool IsThere(string name) =>
        name.StartsWith('/') ? Directory.Exists(name) && Directory.EnumerateFileSystemEntries(name).Any(e => !Path.GetFileName(e).StartsWith("..", StringComparison.Ordinal)) : Environment.GetEnvironmentVariable(name) is not null;

    private static async Task<bool> AreReadAsync(IReadOnlyList<string> faults)
    {
        foreach (var fault in faults) await Console.Out.WriteLineAsync(Finding.Bad("settings", fault).ToString());
        if (faults.Count == 0) await Console.Out.WriteLineAsync(Finding.Good("settings", "all are read, and none is wrong").ToString());
        return faults.Count == 0;
    }

    private static async Task<IReadOnlyList<Finding>> FindAsync(Look look, TimeSpan? again)
    {
        var found = await FindAsync(look);
        if (again is not { } pause || found.All(f => f.Verdict != Verdict.Bad)) return found;
        await Task.Delay(pause, TimeProvider.System, CancellationToken.None);
        return await FindAsync(look);
    }

    private static async Task<IReadOnlyList<Finding>> FindAsync(Look look)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            return await look.RunAsync(limit.Token);
        }
        catch (Exception error)
        {
            var text = error is OperationCanceledException && limit.IsCancellationRequested ? $"no answer within {Patience.TotalSeconds:0} s" : error.Message.TrimEnd('.');
            return [Finding.Bad(look.Check, $"{text}: {look.Fix}")];
        }
    }
}
