using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Federation.Domain.Tests.Workloads;

/// <summary>ECMAScript itself is the reference: sorted keys and JSON.stringify are what RFC 8785 is made of.</summary>
public sealed class CanonicalJsonAgainstNodeTests
{
    private const int Values = 3000;

    private const string Reference = """
        const form = v => Array.isArray(v) ? '[' + v.map(form).join(',') + ']'
          : v !== null && typeof v === 'object' ? '{' + Object.keys(v).sort().map(k => JSON.stringify(k) + ':' + form(v[k])).join(',') + '}'
          : JSON.stringify(v);
        const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(l => l);
        process.stdout.write(lines.map(l => form(JSON.parse(l))).join('\n') + '\n');
        """;

    [Fact]
    public async Task Encode_RandomValues_AgreesWithNode()
    {
        var random = new Random(8785);
        var inputs = Enumerable.Range(0, Values).Select(_ => RandomJson.Value(random, 4)).ToArray();
        var expected = (await RunNode(inputs)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Values, expected.Length);
        for (var i = 0; i < Values; i++)
            Assert.True(expected[i] == CanonicalJsonTests.Canonical(inputs[i]), $"value {i}: {inputs[i]}\nnode: {expected[i]}");
    }

    private static async Task<string> RunNode(IEnumerable<string> lines)
    {
        var start = new ProcessStartInfo(Node(), ["-e", Reference])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = Encoding.UTF8,
        };
        using var node = Process.Start(start)!;
        await node.StandardInput.WriteAsync(string.Join('\n', lines));
        node.StandardInput.Close();
        var text = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.Equal(0, node.ExitCode);
        return text;
    }

    private static string Node()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Prepend(Environment.GetEnvironmentVariable("FEDERATION_TOOLS") ?? "");
        var node = folders.Where(f => f.Length > 0).Select(f => Path.Combine(f, "node")).FirstOrDefault(File.Exists);
        Assert.True(node is not null, "node is missing: run `make tools`");
        return node;
    }
}

/// <summary>Random JSON texts with the corners of RFC 8785: escapes, surrogate pairs, numbers of all magnitudes and spellings.</summary>
internal static class RandomJson
{
    public static string Value(Random random, int depth) => random.Next(depth > 0 ? 8 : 5) switch
    {
        0 => random.Next(3) switch { 0 => "null", 1 => "true", _ => "false" },
        1 or 2 => Number(random),
        3 or 4 => Text(random),
        5 => "[" + string.Join(", ", Enumerable.Range(0, random.Next(5)).Select(_ => Value(random, depth - 1))) + "]",
        _ => Members(random, depth),
    };

    private static string Members(Random random, int depth)
    {
        var names = new Dictionary<string, string>();
        for (var i = random.Next(7); i > 0; i--)
        {
            var name = Text(random);
            names.TryAdd(System.Text.Json.JsonSerializer.Deserialize<string>(name)!, $"{name} : {Value(random, depth - 1)}");
        }

        return "{" + string.Join(" ,", names.Values) + "}";
    }

    private static string Number(Random random)
    {
        var bits = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
        return random.Next(6) switch
        {
            0 => random.Next(-1000, 1000).ToString(CultureInfo.InvariantCulture),
            1 => random.NextInt64().ToString(CultureInfo.InvariantCulture),
            2 => $"{random.Next(-99, 99)}.{random.NextInt64()}e{random.Next(-330, 300)}",
            3 => $"0.{new string('0', random.Next(12))}{random.Next(1, 9999)}0",
            4 => $"{random.Next(1, 99)}{new string('0', random.Next(25))}",
            _ => double.IsFinite(bits) ? bits.ToString("R", CultureInfo.InvariantCulture) : "-0.0",
        };
    }

    private static string Text(Random random)
    {
        var text = new StringBuilder("\"");
        for (var i = random.Next(8); i > 0; i--) text.Append(Character(random));
        return text.Append('"').ToString();
    }

    private static string Character(Random random) => random.Next(8) switch
    {
        0 => $"\\u{random.Next(0x20):x4}",
        1 => new[] { "\\n", "\\t", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r" }[random.Next(8)],
        2 => $"\\u{random.Next(0x20, 0xD800):X4}",
        3 => $"\\u{random.Next(0xE000, 0x10000):x4}",
        4 => char.ConvertFromUtf32(random.Next(0x10000, 0x110000)),
        5 => ((char)random.Next(0xA0, 0x2030)).ToString(),
        _ => ((char)random.Next('a', 'z')).ToString(),
    };
}
