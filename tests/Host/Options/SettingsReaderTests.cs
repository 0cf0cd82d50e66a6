using System.Collections;
using System.Numerics;
using System.Reflection;
using Federation.Host.Countersigning;
using Federation.Host.Options;
using Federation.Metrics.Spool;
using Microsoft.Extensions.Configuration;

namespace Federation.Host.Tests.Options;

/// <summary>Nothing that is written is left out in silence: it is read, or it is a fault that says where.</summary>
public sealed class SettingsReaderTests
{
    [Theory]
    [InlineData(typeof(OperatorOptions))]
    [InlineData(typeof(SpoolOptions))]
    [InlineData(typeof(CountersignOptions))]
    public void EveryOption_CanBeSet(Type type)
    {
        var names = SettingsReader.Names(type).ToArray();
        Assert.NotEmpty(names);
        foreach (var (name, kind) in names)
        {
            var (text, value) = Sample(SettingsReader.ElementOf(kind) ?? Nullable.GetUnderlyingType(kind) ?? kind);
            var key = SettingsReader.ElementOf(kind) is null ? name : $"{name}:{(kind.IsArray ? "0" : "some-name")}";
            var (options, faults) = Read(type, new() { ["It:" + key.ToUpperInvariant()] = text });
            Assert.Empty(faults);
            var seen = name.Split(':').Aggregate(options, (o, part) => o.GetType().GetProperty(part)!.GetValue(o)!);
            Assert.Equal(value, seen switch { Array list => list.GetValue(0), IDictionary table => table.Values.Cast<object>().Single(), _ => seen });
        }
    }

    [Theory]
    [InlineData("Chain:Sending:MaxFeePerGas", "200gwei", "Federation:Chain:Sending:MaxFeePerGas '200gwei' must be a whole number.")]
    [InlineData("Chain:MaxFeePerGas", "1", "Federation:Chain:MaxFeePerGas is no option. Is Federation:Chain:Sending:MaxFeePerGas meant?")]
    [InlineData("Time:Epoch", "01:00:00", "Federation:Time is no option. Is Federation:Times meant?")]
    [InlineData("DeniedCidr:0", "10.0.0.0/8", "Federation:DeniedCidr is no option. Is Federation:DeniedCidrs meant?")]
    [InlineData("Nonsense", "1", "Federation:Nonsense is no option.")]
    [InlineData("Times:Epoch", "30", "Federation:Times:Epoch '30' must be a time")]
    [InlineData("Times:Epoch", "24:00:00", "Federation:Times:Epoch '24:00:00' must be a time")]
    [InlineData("Times:Epoch", "1h", "Federation:Times:Epoch '1h' must be a time")]
    [InlineData("Quotes:Total", "2e+11", "Federation:Quotes:Total '2e+11' must be a whole number.")]
    [InlineData("Quotes:Total", "99999999999", "Federation:Quotes:Total '99999999999' must be a whole number.")]
    [InlineData("Chain:LogRange", "-1", "Federation:Chain:LogRange '-1' must be a whole number, not negative.")]
    [InlineData("Webhook:Enabled", "yes", "Federation:Webhook:Enabled 'yes' must be true or false.")]
    [InlineData("Times:Coverage", "95%", "Federation:Times:Coverage '95%' must be a number.")]
    [InlineData("Chain:RpcUrl", "http://user:word@node:99999", "Federation:Chain:RpcUrl must be an address.")]
    [InlineData("DeniedCidrs", "10.0.0.0/8", "Federation:DeniedCidrs is a list: write Federation:DeniedCidrs:0.")]
    [InlineData("DeniedCidrs:first", "10.0.0.0/8", "Federation:DeniedCidrs:first is no option: entries of a list are counted from 0.")]
    [InlineData("Prometheus:Headers:X:Y", "z", "Federation:Prometheus:Headers:X:Y is no option.")]
    [InlineData("Datacenter:Name", "north", "Federation:Datacenter:Name is no option.")]
    [InlineData("Times", "01:00:00", "Federation:Times is no option by itself: it has Epoch,")]
    public void WhatIsNotRead_IsAFault(string key, string value, string expected)
    {
        var (_, faults) = SettingsReader.Read<OperatorOptions>(Section("Federation", new() { ["Federation:" + key] = value }));
        Assert.StartsWith(expected, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Emptied_IsAsIfNotSet_WhereNothingIsAllowed()
    {
        var (options, faults) = SettingsReader.Read<OperatorOptions>(Section("Federation", new() { ["Federation:Chain:WebSocketUrl"] = "", ["Federation:Chain:FinalizedDepth"] = "", ["Federation:Resolvers"] = "" }));
        Assert.Empty(faults);
        Assert.Equal((null, null, 0), (options.Chain.WebSocketUrl, options.Chain.FinalizedDepth, options.Resolvers.Length));
    }

    [Fact]
    public void AFaultOfReading_HasNoEcho_AndHidesNoOther()
    {
        string[] unread = ["Federation:Chain:ChainId 'one' must be a whole number, not negative."];
        Assert.Equal([.. unread, "Federation:Chain:ChainIds is odd.", "Federation:Datacenter is missing."], SettingsReader.All(unread, ["Federation:Chain:ChainId must be set.", "Federation:Chain:ChainIds is odd.", "Federation:Datacenter is missing."]));
    }

    private static (object Options, IReadOnlyList<string> Faults) Read(Type type, Dictionary<string, string?> pairs)
    {
        var read = typeof(SettingsReader).GetMethod(nameof(SettingsReader.Read), BindingFlags.Public | BindingFlags.Static)!.MakeGenericMethod(type);
        dynamic answer = read.Invoke(null, [Section("It", pairs), Array.Empty<string>()])!;
        return (answer.Item1, answer.Item2);
    }

    private static IConfigurationSection Section(string name, Dictionary<string, string?> pairs) => new ConfigurationBuilder().AddInMemoryCollection(pairs).Build().GetSection(name);

    private static (string Text, object Value) Sample(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.String => ("said", "said"),
        TypeCode.Boolean => ("true", true),
        TypeCode.Int32 => ("77", 77),
        TypeCode.UInt32 => ("77", 77u),
        TypeCode.Int64 => ("77", 77L),
        TypeCode.UInt64 => ("77", 77UL),
        TypeCode.Double => ("0.77", 0.77),
        TypeCode.Decimal => ("0.77", 0.77m),
        _ when type == typeof(BigInteger) => ("77000000000", new BigInteger(77_000_000_000)),
        _ when type == typeof(TimeSpan) => ("1.02:03:04.5", new TimeSpan(1, 2, 3, 4, 500)),
        _ when type == typeof(Uri) => ("https://said.example/", new Uri("https://said.example/")),
        _ => throw new NotSupportedException($"{type} is the type of an option, and no value of it is tried here."),
    };
}
