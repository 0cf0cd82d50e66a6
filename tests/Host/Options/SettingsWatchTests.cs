using System.Globalization;
using System.Numerics;
using Federation.Application.Settings;
using Federation.Host.Options;
using Federation.Host.Tenancy;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Host.Tests.Options;

/// <summary>A settings file that changes while the operator runs: which options follow it, and what becomes of a change that is wrong.</summary>
public sealed class SettingsWatchTests : IDisposable
{
    // Of each reloadable option another value, and what those see then who go by it.
    private static readonly Dictionary<string, (string Value, Func<LiveOptions, object> Seen, object Expected)> Effects = new()
    {
        ["Access:AllBytesPerSecond"] = ("33554432", l => l.Access.Current.AllBytesPerSecond, 32 << 20),
        ["Access:AllWritesPerMinute"] = ("100", l => (l.Access.Current.AllWritesPerMinute, l.Access.Current.WriteBurst), (100, 25)),
        ["Access:ByteBurst"] = ("65536", l => l.Access.Current.ByteBurst, 1 << 16),
        ["Access:BytesPerSecond"] = ("65536", l => l.Access.Current.BytesPerSecond, 1 << 16),
        ["Access:PerSecond"] = ("7", l => l.Access.Current.PerSecond, 7),
        ["Access:WritesPerMinute"] = ("3", l => l.Access.Current.WritesPerMinute, 3),
        ["Chain:Sending:MaxFeePerGas"] = ("1000000000", l => l.Sending.Current.MaxFeePerGas, new BigInteger(1_000_000_000)),
        ["Chain:Sending:MinPriorityFeePerGas"] = ("5", l => l.Sending.Current.MinPriorityFeePerGas, new BigInteger(5)),
        ["Log:Level"] = ("Warning", l => Logs(l, LogLevel.Information), false),
        ["Quotes:PerCaller"] = ("9", l => l.Holds.Current.PerCaller, 9),
        ["Quotes:PerMinute"] = ("3", l => l.QuotesPerMinute.Current, 3),
        ["Quotes:PerPayer"] = ("2", l => l.Holds.Current.PerPayer, 2),
        ["Quotes:Total"] = ("500", l => l.Holds.Current.Total, 500),
        ["Settling:GasPercent"] = ("50", l => l.Settling.Current.GasPercent, 50),
        ["Settling:UnitsPerEther"] = ("1000", l => l.Settling.Current.UnitsPerEther, new BigInteger(1000)),
    };

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-settings-");
    private readonly FakeClock clock = new();

    public static TheoryData<string> Reloadable => new(Effects.Keys.ToArray());

    private string Path => System.IO.Path.Combine(folder.FullName, "settings.json");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void EveryReloadableOption_IsTried() => Assert.Equal(Marked.Names<ReloadableAttribute>(typeof(OperatorOptions)).Order(StringComparer.Ordinal), Effects.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void TenantsReloadableOptions_AreAmongThem() => Assert.Subset(Effects.Keys.ToHashSet(), Marked.Names<ReloadableAttribute>(typeof(TenantOptions)).ToHashSet());

    [Theory]
    [MemberData(nameof(Reloadable))]
    public void ReloadableOption_IsTakenWhileItRuns(string name)
    {
        Write("{}");
        var (watch, live) = Start();
        using (watch)
        {
            var (value, seen, expected) = Effects[name];
            Assert.NotEqual(expected, seen(live));
            Write($$"""{"Federation:{{name}}": "{{value}}"}""");
            watch.Look();
            Assert.Equal("", watch.Refused);
            Assert.Equal(expected, seen(live));
            // What is taken out again is what the program was started with.
            Write("{}");
            watch.Look();
            Assert.NotEqual(expected, seen(live));
        }
    }

    // The others: whatever is written there, it is said that a start is what they need.
    [Fact]
    public void OtherOption_IsRefused_AndNothingBesideItIsTaken()
    {
        Write("{}");
        var (watch, live) = Start();
        using var _ = watch;
        var others = SettingsReader.Names(typeof(OperatorOptions)).Where(n => !Effects.ContainsKey(n.Name)).ToArray();
        Assert.True(others.Length > 80);
        foreach (var (name, type) in others)
        {
            var key = SettingsReader.ElementOf(type) is null ? name : $"{name}:{(type.IsArray ? "0" : "other")}";
            Write($$"""{"Federation:{{key}}": "{{Other(name, SettingsReader.ElementOf(type) ?? Nullable.GetUnderlyingType(type) ?? type)}}", "Federation:Quotes:Total": "500"}""");
            watch.Look();
            Assert.Contains(name == "SettingsFile" ? "cannot stand in" : $"{name} is changed by a start alone.", watch.Refused, StringComparison.Ordinal);
            Assert.Equal(128, live.Holds.Current.Total);
        }
    }

    [Fact]
    public void WrongChange_IsRefusedWhole_WithAllThatIsWrong_UntilItIsMended()
    {
        Write("""{"Federation": {"Quotes": {"Total": 200}}}""");
        var (watch, live) = Start();
        using var _ = watch;
        Assert.Equal(200, live.Holds.Current.Total);
        Write("""{"Federation": {"Quotes": {"Total": 300, "PerPayer": 0, "PerDay": 1}, "Log": {"Level": "Loud"}, "Settling": {"GasPercent": "ten"}}, "Federations": {}}""".Replace("{}", "{\"a\": 1}", StringComparison.Ordinal));
        watch.Look();
        foreach (var said in new[] { "Federation:Quotes:PerPayer must be at least 1", "Federation:Quotes:PerDay is no option", "Federation:Log:Level 'Loud' must be Debug, Information, Warning or Error", "Federation:Settling:GasPercent 'ten' must be a whole number", "Federations in" })
            Assert.Contains(said, watch.Refused, StringComparison.Ordinal);
        Assert.Equal((200, 8), (live.Holds.Current.Total, live.Holds.Current.PerPayer));
        Write("""{"Federation": {"Quotes": {"Total": 300}}}""");
        watch.Look();
        Assert.Equal("", watch.Refused);
        Assert.Equal(300, live.Holds.Current.Total);
    }

    [Theory]
    [InlineData("""{"Federation": """, "is no object in JSON")]
    [InlineData("[]", "is no object in JSON")]
    [InlineData("", "is no object in JSON")]
    [InlineData(null, "cannot be read")]
    public void FileThatIsNone_ChangesNothing(string? text, string said)
    {
        Write("""{"Federation:Quotes:Total": 200}""");
        var (watch, live) = Start();
        using var _ = watch;
        if (text is null) File.Delete(Path);
        else Write(text);
        watch.Look();
        Assert.Contains(said, watch.Refused, StringComparison.Ordinal);
        Assert.Equal(200, live.Holds.Current.Total);
    }

    // A ConfigMap's folder is a link that is turned to another folder.
    [Fact]
    public void ConfigMapsLinks_AreFollowed()
    {
        foreach (var (name, total) in new[] { ("one", 200), ("two", 300) })
        {
            folder.CreateSubdirectory(name);
            File.WriteAllText(System.IO.Path.Combine(folder.FullName, name, "settings.json"), $$"""{"Federation:Quotes:Total": {{total}}}""");
        }

        var data = System.IO.Path.Combine(folder.FullName, "..data");
        Directory.CreateSymbolicLink(data, "one");
        File.CreateSymbolicLink(Path, System.IO.Path.Combine("..data", "settings.json"));
        var (watch, live) = Start();
        using var _ = watch;
        Assert.Equal(200, live.Holds.Current.Total);
        Directory.CreateSymbolicLink(data + ".next", "two");
        // As a kubelet does: in one step, which File.Move is not for a link to a folder.
        System.Diagnostics.Process.Start("mv", ["-T", data + ".next", data]).WaitForExit();
        watch.Look();
        Assert.Equal(300, live.Holds.Current.Total);
    }

    [Fact]
    public void Level_CountsForLoggersThatAreThereAlready()
    {
        var levels = new LogLevels(new LogSection());
        var services = new ServiceCollection();
        services.AddLogging(l => l.AddConsole().AddLevels(levels));
        using var provider = services.BuildServiceProvider();
        var (own, others) = (provider.GetRequiredService<ILoggerFactory>().CreateLogger("Federation.Host.It"), provider.GetRequiredService<ILoggerFactory>().CreateLogger("Others.It"));
        foreach (var (level, debug, information) in new[] { ("Error", false, false), ("Debug", true, true), ("Information", false, true) })
        {
            levels.Take(new LogSection { Level = level });
            Assert.Equal((debug, information, true), (own.IsEnabled(LogLevel.Debug), own.IsEnabled(LogLevel.Information), own.IsEnabled(LogLevel.Error)));
            // What libraries say at most is not this option's.
            Assert.Equal((false, true), (others.IsEnabled(LogLevel.Debug), others.IsEnabled(LogLevel.Information)));
        }
    }

    // A certificate that is being renewed, a kubeconfig that has gone: told by whoever needs it.
    [Fact]
    public void FaultOfSomethingElse_KeepsNobodyFromChangingALimit()
    {
        var kubeconfig = System.IO.Path.Combine(folder.FullName, "kubeconfig");
        File.WriteAllText(kubeconfig, "");
        Write("{}");
        var (watch, live) = Start(("Federation:Kubeconfig", kubeconfig));
        using var _ = watch;
        File.Delete(kubeconfig);
        Write("""{"Federation:Quotes:Total": 200}""");
        watch.Look();
        Assert.Equal("", watch.Refused);
        Assert.Equal(200, live.Holds.Current.Total);
    }

    [Fact]
    public void File_CountsBeforeTheEnvironment_AndAtTheStartAllOfItDoes()
    {
        Write("""{"Federation": {"Quotes": {"Total": 200}, "Times": {"Epoch": "00:30:00"}}}""");
        var (options, faults) = Settings(("Federation:Quotes:Total", "100"), ("Federation:Times:Epoch", "00:10:00")).Read();
        Assert.Empty(faults);
        Assert.Equal((200, TimeSpan.FromMinutes(30)), (options.Quotes.Total, options.Times.Epoch));
    }

    // The program itself: at its start, and when the file changes.
    [Fact]
    public async Task Program_TakesAChange_AndTellsWhatIsWrongWithTheNext()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var pairs = ValidOptions.Pairs;
        pairs["Federation:SettingsFile"] = Path;
        Write("""{"Federation": {"Quotes": {"Total": 0}, "Log": {"Level": "Loud"}}}""");
        using (var refused = OperatorProcess.Start(pairs))
        {
            Assert.Equal(2, await refused.EndAsync(cancellation));
            Assert.Contains("error: Federation:Quotes:Total must be", refused.Output, StringComparison.Ordinal);
            Assert.Contains("error: Federation:Log:Level 'Loud'", refused.Output, StringComparison.Ordinal);
        }

        Write("{}");
        using var program = OperatorProcess.Start(pairs);
        await program.SaysAsync("Now listening on: ", cancellation);
        Write("""{"Federation:Quotes:Total": 500}""");
        await program.SaysAsync("Quotes:Total is 500 from now on, and was 128", cancellation);
        Write("""{"Federation:Quotes:Total": 501, "Federation:Datacenter": "bravo"}""");
        await program.SaysAsync("Datacenter is changed by a start alone.", cancellation);
        using var http = new HttpClient { BaseAddress = program.ListensAt };
        Assert.Contains("\nfederation_settings_refused 1\n", await http.GetStringAsync("metrics", cancellation), StringComparison.Ordinal);
        // What is told below a warning is not told any more; that it is so is the last of it.
        Write("""{"Federation:Log:Level": "Warning"}""");
        await program.SaysAsync("Log:Level is Warning from now on, and was Information", cancellation);
        await Eventually.TrueAsync(async () => (await http.GetStringAsync("metrics", cancellation)).Contains("\nfederation_settings_refused 0\n", StringComparison.Ordinal), 60, "the change is taken");
        Assert.DoesNotContain("Quotes:Total is 501", program.Output, StringComparison.Ordinal);
    }

    private static bool Logs(LiveOptions live, LogLevel level)
    {
        var services = new ServiceCollection();
        services.AddLogging(l => l.AddConsole().AddLevels(live.Levels));
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<ILoggerFactory>().CreateLogger("Federation.Application.Settling.Settler").IsEnabled(level);
    }

    // Links that are replaced in one step, as a kubelet does it, so that nobody reads half of a file.
    private void Write(string text)
    {
        File.WriteAllText(Path + ".next", text);
        File.Move(Path + ".next", Path, overwrite: true);
    }

    private SettingsFile<OperatorOptions> Settings(params (string Name, string Value)[] further)
    {
        var pairs = ValidOptions.Pairs.ToDictionary(p => p.Key, p => (string?)p.Value);
        pairs["Federation:SettingsFile"] = Path;
        foreach (var (name, value) in further) pairs[name] = value;
        return new SettingsFile<OperatorOptions>(new ConfigurationBuilder().AddInMemoryCollection(pairs).Build(), "Federation", o => OptionsCheck.Faults(o, clock));
    }

    private (SettingsWatch<OperatorOptions> Watch, LiveOptions Live) Start(params (string Name, string Value)[] further)
    {
        var settings = Settings(further);
        var (options, faults) = settings.Read();
        Assert.Empty(faults);
        var live = new LiveOptions(options);
        return (new SettingsWatch<OperatorOptions>(settings, options, live.Take, clock, NullLogger.Instance), live);
    }

    private static string Other(string name, Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.String => "other",
        TypeCode.Boolean => name.Split(':').Aggregate((object)ValidOptions.Make(), (o, part) => o.GetType().GetProperty(part)!.GetValue(o)!) is true ? "false" : "true",
        _ when type == typeof(TimeSpan) => "00:00:17",
        _ when type == typeof(Uri) => "https://other.example/",
        TypeCode.Double or TypeCode.Decimal => "0.17",
        _ => 17.ToString(CultureInfo.InvariantCulture),
    };
}
