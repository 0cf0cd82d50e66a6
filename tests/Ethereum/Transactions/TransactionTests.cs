using System.Globalization;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Rlp;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Tests.Tools;
using Federation.Ethereum.Transactions;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Ethereum.Tests.Transactions;

public sealed class TransactionTests(ViemOracle viem)
{
    [Fact]
    public async Task Sign_RandomTransactions_AgreesWithViem()
    {
        var random = new RandomValues(21);
        var cases = Enumerable.Range(0, 1000).Select(_ => (Key: random.Word(), Transaction: Any(random))).ToArray();

        var answers = await viem.AskAsync(cases.Select(c =>
            new { op = "transaction", key = c.Key.ToString(), transaction = Json(c.Transaction) }));

        for (var i = 0; i < cases.Length; i++)
        {
            using var signer = new LocalSigner(cases[i].Key.Span);
            var signed = await signer.SignTransactionAsync(cases[i].Transaction);
            Assert.Equal(answers[i], Hex.Encode(signed.Raw));
            var decoded = SignedTransaction.Decode(signed.Raw);
            Assert.Equal(signer.Address, decoded.From);
            Assert.Equal(cases[i].Transaction, decoded.Transaction);
            Assert.Equal(signed.Hash, decoded.Hash);
        }
    }

    [Fact]
    public async Task Sign_Samples_AgreeWithCast()
    {
        var random = new RandomValues(22);
        for (var i = 0; i < 8; i++)
        {
            var (key, transaction) = (random.Word(), Any(random) with { To = random.Address(), AccessList = [] });
            using var signer = new LocalSigner(key.Span);
            var signed = await signer.SignTransactionAsync(transaction);

            var made = await Cast.RunAsync(
                "mktx", "--private-key", key.ToString(), "--chain", Text(transaction.ChainId), "--nonce", Text(transaction.Nonce),
                "--gas-limit", Text(transaction.Gas), "--gas-price", Text(transaction.MaxFeePerGas),
                "--priority-gas-price", Text(transaction.MaxPriorityFeePerGas), "--value", Text(transaction.Value),
                "--rpc-url", "http://127.0.0.1:9", transaction.To.ToString()!, Hex.Encode(transaction.Data));

            Assert.Equal(made, Hex.Encode(signed.Raw));
        }
    }

    [Fact]
    public void Decode_MutatedBytes_OnlyThrowsItsTwoExceptions() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll<int>(seed =>
    {
        var random = new RandomValues(seed);
        using var signer = new LocalSigner(random.Word().Span);
        var raw = new SignedTransaction(Any(random), signer.SignDigest(Any(random).SigningHash())).Raw;
        raw[random.Next(raw.Length)] = (byte)random.Next(256);
        try
        {
            return SignedTransaction.Decode(raw).Raw.SequenceEqual(raw);
        }
        catch (Exception e) when (e is RlpException or SignatureException)
        {
            return true;
        }
    }));

    private static Eip1559Transaction Any(RandomValues random)
    {
        var priority = random.Unsigned(64);
        return new Eip1559Transaction
        {
            ChainId = 1 + (ulong)random.Next(1_000_000),
            Nonce = (ulong)random.Unsigned(32),
            MaxPriorityFeePerGas = priority,
            MaxFeePerGas = priority + random.Unsigned(64),
            Gas = 21_000 + (ulong)random.Unsigned(32),
            To = random.Next(4) == 0 ? null : random.Address(),
            Value = random.Unsigned(random.Next(2) == 0 ? 96 : 256),
            Data = random.Bytes(random.Next(200)),
            AccessList = [.. Enumerable.Range(0, random.Next(3)).Select(_ =>
                new AccessListItem(random.Address(), [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Word())]))],
        };
    }

    private static Dictionary<string, object> Json(Eip1559Transaction transaction)
    {
        var json = new Dictionary<string, object>
        {
            ["chainId"] = transaction.ChainId,
            ["nonce"] = transaction.Nonce,
            ["maxPriorityFeePerGas"] = Text(transaction.MaxPriorityFeePerGas),
            ["maxFeePerGas"] = Text(transaction.MaxFeePerGas),
            ["gas"] = Text(transaction.Gas),
            ["value"] = Text(transaction.Value),
            ["data"] = Hex.Encode(transaction.Data),
            ["accessList"] = transaction.AccessList.Select(a =>
                new { address = a.Address.ToString(), storageKeys = a.StorageKeys.Select(k => k.ToString()) }),
        };
        if (transaction.To is { } to)
            json["to"] = to.ToString();
        return json;
    }

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
