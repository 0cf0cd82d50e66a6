using System.Globalization;
using System.Text.Json;
using Federation.Application.Ports;

namespace Federation.Metrics.Tenant;

/// <summary>
/// What a tenant read of its own cgroups, in a file that its reader goes on writing: a JSON object a line, in the order of time,
/// <c>{"atMs":1800000000000,"cpuMilliSeconds":61500,"memoryMiBSeconds":30720}</c>. Meters are cumulative from the lease's activation on, have
/// the names and units that receipts have, and what is between two lines is taken to rise evenly.
/// </summary>
public sealed class ReadingFile(string path) : ITenantMeter
{
    private const string At = "atMs";

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, double>> ReadAsync(long throughMs, CancellationToken cancellation)
    {
        Dictionary<string, double>? before = null;
        try
        {
            var number = 0;
            await foreach (var line in File.ReadLinesAsync(path, cancellation))
            {
                number++;
                if (line.Length == 0) continue;
                var reading = Parse(line, number);
                if (reading[At] <= throughMs) before = reading;
                else if (before is not null) return Between(before, reading, throughMs);
                else throw Unread($"it begins at {Time(reading[At])}, and {Time(throughMs)} is asked for.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unread(e.Message);
        }

        // A line that is being written is the last one: it is read whole the next time.
        return before?[At] == throughMs ? Meters(before) : throw Unread($"it does not reach {Time(throughMs)} yet.");
    }

    private Dictionary<string, double> Parse(string line, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, double>>(line) is { } reading && reading.ContainsKey(At) ? reading : throw Unread($"line {number} has no {At}.");
        }
        catch (JsonException e)
        {
            throw Unread($"line {number} is no JSON object of numbers: {e.Message}");
        }
    }

    private static Dictionary<string, double> Between(Dictionary<string, double> before, Dictionary<string, double> after, long atMs)
    {
        var share = (atMs - before[At]) / (after[At] - before[At]);
        return Meters(before).Where(m => after.ContainsKey(m.Key)).ToDictionary(m => m.Key, m => m.Value + ((after[m.Key] - m.Value) * share));
    }

    private static Dictionary<string, double> Meters(Dictionary<string, double> reading) => reading.Where(m => m.Key != At).ToDictionary();

    private UsageUnavailableException Unread(string why) => new($"The readings in {path}: {why}");

    private static string Time(double ms) => DateTimeOffset.FromUnixTimeMilliseconds((long)ms).ToString("u", CultureInfo.InvariantCulture);
}
