using System.Collections.Concurrent;
using System.Numerics;
using System.Text;
using Federation.Application.Ports;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Tests.Support;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Tests.Signing;

/// <summary>The whole room, as a host takes it in, with a keystore, a real chain, and a log that takes everything: neither the key nor its password is ever in it.</summary>
public sealed class KeySecrecyTests : IDisposable
{
    private const string Password = "a password that is nobody else's 7f1b";
    private const int Operator = 2;
    private static readonly byte[] Key = Hex.Decode(Anvil.KeyOf(Operator));
    private readonly string folder = Directory.CreateTempSubdirectory("federation-key-").FullName;
    private readonly EveryLine lines = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task WhateverIsSigned_AndWhateverFails_NothingIsLoggedOfTheKey()
    {
        await using var market = await Market.OpenAsync();
        await using var services = Services(market);
        var signer = services.GetRequiredService<ISigner>();
        Assert.Equal(market.Operator.Writer.Address, signer.Address);

        // 1. Everything that is signed off the chain.
        var request = await market.RequestAsync();
        await services.GetRequiredService<IOfferSigner>().SignAsync(Samples.Offer(request), request, Cancellation);
        var lease = await market.MatchAsync();
        var receipt = new Receipt(lease.Id, 1, 1_800_000_000, UsageVector.Zero, 0, Receipt.NoEvidence, IsFinal: false);
        var signed = await services.GetRequiredService<IReceiptSigner>().SignAsync(receipt, Cancellation);
        await services.GetRequiredService<IAmendmentSigner>().SignAsync(new AmendmentTerms(lease.Id.Hex, lease.Terms, lease.Terms, 0, 1, 1_800_000_000, UsageVector.Zero, 0, 1_800_000_600), Cancellation);
        await services.GetRequiredService<IExportSigner>().SignAsync(lease.Id, "data", new SentBytes("0x" + new string('1', 64), 7), 1_800_000_000, Cancellation);
        await signer.SignMessageAsync(Encoding.UTF8.GetBytes("a message"), Cancellation);

        // 2. A transaction that is mined, one that the contract refuses, one that is raised while it waits, and one that no node takes.
        var transactions = services.GetRequiredService<ILeaseTransactions>();
        Assert.Null(Assert.Single(await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], Cancellation)).Error);
        Assert.NotNull(Assert.Single(await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], Cancellation)).Error);
        var sender = services.GetRequiredService<TransactionSender>();
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var waiting = sender.SendAsync(market.Token, Mint(market), Cancellation);
        await market.WaitForPendingAsync();
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Cancellation);
        await market.Anvil.MineAsync();
        Assert.Null((await waiting).Error);
        await market.Anvil.AskAsync("evm_setAutomine", true);
        await market.Anvil.AskAsync("anvil_setBalance", signer.Address.ToString(), "0x0");
        Assert.NotNull((await sender.SendAsync(market.Token, Mint(market), Cancellation)).Error);

        // 3. What a careless line would print, and a keystore that does not open.
        var log = services.GetRequiredService<ILogger<KeySecrecyTests>>();
        log.LogTrace("{Signer} {Options} {Signed}", OperatorKey.Open(Options(market)), Options(market), signed);
        foreach (var (keystore, password) in new[] { (Keystore(), "another password"), (Keystore()[..^20], Password), ("{}", Password), (Anvil.KeyOf(Operator), Password) })
            log.LogTrace(Assert.Throws<InvalidDataException>(() => OperatorKey.Open(Options(market, keystore, password))), "not opened");
        log.LogTrace(Assert.ThrowsAny<Exception>(() => LocalSigner.FromHex(Anvil.KeyOf(Operator) + "0")), "no key");

        Assert.True(lines.All.Count > 8, $"{lines.All.Count} lines are too few to say anything");
        Assert.Contains(lines.All, l => l.Contains(signer.Address.ToString(), StringComparison.Ordinal) || l.Contains("LocalSigner", StringComparison.Ordinal));
        Assert.All(lines.All, line => Assert.Null(LeakIn(line)));
    }

    // What is looked for is found, however it is written.
    [Fact]
    public void EveryWriting_WouldBeFound()
    {
        Assert.NotNull(LeakIn($"key {Convert.ToHexStringLower(Key)}."));
        Assert.NotNull(LeakIn($"key {Convert.ToHexString(Key)}."));
        Assert.NotNull(LeakIn($"key {Convert.ToBase64String(Key)}."));
        Assert.NotNull(LeakIn($"key [{string.Join(",", Key)}]"));
        Assert.NotNull(LeakIn($"0x{Convert.ToHexStringLower(Key)[..20]}…"));
        Assert.NotNull(LeakIn($"tried '{Password}'"));
        Assert.Null(LeakIn(Convert.ToHexStringLower([.. Key.Reverse()])));
    }

    /// <returns>What of the key or its password the text has; null when nothing.</returns>
    private static string? LeakIn(string text)
    {
        var (hex, base64) = (Convert.ToHexStringLower(Key), Convert.ToBase64String(Key));
        string[] secrets =
        [
            hex[..16], hex[^16..], base64[..12], base64[^14..^2], base64.Replace('+', '-').Replace('/', '_')[..12], new BigInteger(Key, isUnsigned: true, isBigEndian: true).ToString(System.Globalization.CultureInfo.InvariantCulture),
            string.Join(",", Key[..8]), string.Join(", ", Key[..8]), string.Join("-", Key[..8].Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture))), Password,
        ];
        return secrets.FirstOrDefault(s => text.Contains(s, StringComparison.OrdinalIgnoreCase));
    }

    private static MintFunction Mint(Market market) => new() { To = market.Operator.Writer.Address, Amount = 1 };

    private static string Keystore()
    {
        using var signer = Anvil.Signer(Operator);
        return KeystoreFile.Encrypt(signer, Password, 2, 8, 1);
    }

    private ChainOptions Options(Market market, string? keystore = null, string password = Password)
    {
        var (file, secret) = (Path.Combine(folder, "keystore.json"), Path.Combine(folder, "password"));
        File.WriteAllText(file, keystore ?? Keystore());
        File.WriteAllText(secret, password + "\n");
        var contracts = market.Contracts;
        return new ChainOptions
        {
            RpcUrl = market.Anvil.Url, ChainId = Market.ChainId, Confirmations = 1, KeystoreFile = file, KeystorePasswordFile = secret, Provider = market.Provider.Writer.Address.ToString(),
            LeaseManager = contracts.LeaseManager.ToString(), Market = contracts.Market.ToString(), Parameters = contracts.Parameters.ToString(), Apps = contracts.Apps.ToString(),
            Vault = contracts.Vault.ToString(), Results = contracts.Results.ToString(), Registry = contracts.Registry.ToString(),
            Sending = new SendingOptions { PollInterval = TimeSpan.FromMilliseconds(50), BumpAfter = TimeSpan.FromMilliseconds(300), BumpAfterBlocks = 100 },
        };
    }

    private ServiceProvider Services(Market market) => new ServiceCollection()
        .AddLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(lines))
        .AddSingleton(TimeProvider.System).AddChainRoom(Options(market)).BuildServiceProvider();

    /// <summary>Every line at every level: its text, its values, its scopes, and its exception with all inside it.</summary>
    private sealed class EveryLine : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            All.Enqueue($"{state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs.Select(p => $"{p.Key}={p.Value}")) : "";
            All.Enqueue($"{formatter(state, exception)} {values} {exception}");
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
