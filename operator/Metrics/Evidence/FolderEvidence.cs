using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Metrics.Evidence;

/// <summary>
/// Evidence as files: a folder for each lease, a gzip file for each window, named by its root. A file is written beside its name,
/// flushed to the disk and renamed: it is whole or not there.
/// </summary>
public sealed partial class FolderEvidence(EvidenceOptions options) : IEvidenceStore, IEvidenceShelf
{
    private const string KeepFile = "keep-seconds", OverFile = "over-since", ReadersFile = "readers", Ending = ".gz";

    // The longest line of a series is an hour of one pod; a window beyond this is none of ours.
    private const long MostBytes = 1L << 30;

    // Of some hundred bytes each: what a window says of itself never changes.
    private const int MostRemembered = 50_000;

    private readonly ConcurrentDictionary<string, KeptWindow> remembered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<LeaseId, bool> named = [];

    public Task PutAsync(WindowEvidence evidence, uint keepSeconds, CancellationToken cancellation) => GuardAsync(async () =>
    {
        var folder = FolderOf(evidence.Lease);
        var isNew = !Directory.Exists(folder);
        if (isNew) Directory.CreateDirectory(folder);
        if (Number(Path.Combine(folder, KeepFile)) is not { } known || known < keepSeconds) Write(Path.Combine(folder, KeepFile), Bytes(keepSeconds));
        if (evidence.Readers is { } readers && !File.Exists(Path.Combine(folder, ReadersFile))) Write(Path.Combine(folder, ReadersFile), Encoding.ASCII.GetBytes($"{readers.Tenant}\n{readers.Arbiter}\n"));
        var path = Path.Combine(folder, evidence.Root + Ending);
        if (!File.Exists(path)) Write(path, await PackAsync(evidence.Lines, cancellation));
        Flush(folder);
        // One that stood there before may have been made right before a crash: its name is flushed once by each process.
        if (!isNew && named.ContainsKey(evidence.Lease)) return;
        Flush(options.Folder);
        named[evidence.Lease] = true;
    });

    public async Task<IReadOnlyList<string>?> ReadAsync(LeaseId lease, string root, CancellationToken cancellation)
    {
        if (PathOf(lease, root) is not { } path) return null;
        try
        {
            return await UnpackAsync(path, cancellation);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new EvidenceException($"The evidence {path} cannot be read: {e.Message} Bring it back from a copy of the volume.", e);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<KeptWindow>> ListAsync(LeaseId lease, CancellationToken cancellation) => GuardReadAsync<IReadOnlyList<KeptWindow>>(FolderOf(lease), async () =>
    {
        if (!Directory.Exists(FolderOf(lease))) return [];
        if (remembered.Count > MostRemembered) remembered.Clear();
        var windows = new List<KeptWindow>();
        foreach (var path in Directory.EnumerateFiles(FolderOf(lease), "0x*" + Ending))
        {
            if (!remembered.TryGetValue(path, out var window)) window = await HeadAsync(path, cancellation);
            if (window is not null) windows.Add(remembered[path] = window);
        }

        return [.. windows.OrderBy(w => w.Window).ThenBy(w => w.Root, StringComparer.Ordinal)];
    });

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(LeaseId lease, string root, CancellationToken cancellation) => GuardReadAsync<Stream?>(FolderOf(lease), () =>
        Task.FromResult<Stream?>(PathOf(lease, root) is { } path ? new GZipStream(File.OpenRead(path), CompressionMode.Decompress) : null));

    /// <inheritdoc/>
    public Task<LeaseReaders?> ReadersAsync(LeaseId lease, CancellationToken cancellation) => GuardReadAsync(FolderOf(lease), async () =>
    {
        var path = Path.Combine(FolderOf(lease), ReadersFile);
        return File.Exists(path) && await File.ReadAllLinesAsync(path, cancellation) is [var tenant, var arbiter] ? new LeaseReaders(tenant, arbiter) : null;
    });

    /// <summary>How long after the lease's end its windows may be asked for; null when nothing of it is here.</summary>
    internal uint? KeepSeconds(LeaseId lease) => (uint?)Number(Path.Combine(FolderOf(lease), KeepFile));

    /// <summary>Takes one window away, and its lease's folder with the last.</summary>
    internal void Remove(LeaseId lease, string root)
    {
        if (PathOf(lease, root) is { } path) File.Delete(path);
        remembered.Clear();
        if (!Directory.Exists(FolderOf(lease)) || Directory.EnumerateFiles(FolderOf(lease), "0x*" + Ending).Any()) return;
        Directory.Delete(FolderOf(lease), recursive: true);
        named.TryRemove(lease, out _);
    }

    public Task<string?> TidyAsync(Predicate<LeaseId> isLive, long now, CancellationToken cancellation)
    {
        try
        {
            foreach (var folder in Directory.EnumerateDirectories(options.Folder))
            {
                cancellation.ThrowIfCancellationRequested();
                if (!LeaseId.TryParse(Path.GetFileName(folder), out var lease)) continue;
                Tidy(folder, isLive(lease), now);
                if (!Directory.Exists(folder)) named.TryRemove(lease, out _);
            }

            var free = new DriveInfo(Path.GetFullPath(options.Folder)).AvailableFreeSpace >> 20;
            return Task.FromResult(free >= options.MinFreeMiB ? null : $"Of the volume at {options.Folder} {free} MiB are free, and {options.MinFreeMiB} have to be: make the volume bigger. What is on it is needed until leases can no more be disputed.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult<string?>(Advice(e));
        }
    }

    // The time runs from when the end was first seen here, which is never before the end itself.
    private static void Tidy(string folder, bool isLive, long now)
    {
        var over = Path.Combine(folder, OverFile);
        var since = Number(over);
        if (isLive)
        {
            if (File.Exists(over)) File.Delete(over);
        }
        else if (since is null)
        {
            Write(over, Bytes(now));
        }
        else if (Number(Path.Combine(folder, KeepFile)) is { } keep && now - since > keep)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // A root comes from outside as well, and becomes a path.
    private string? PathOf(LeaseId lease, string root)
    {
        if (root.Length != 66 || !root.StartsWith("0x", StringComparison.Ordinal) || !root.Skip(2).All(char.IsAsciiHexDigitLower)) return null;
        var path = Path.Combine(FolderOf(lease), root + Ending);
        return File.Exists(path) ? path : null;
    }

    private static async Task<KeptWindow?> HeadAsync(string path, CancellationToken cancellation)
    {
        await using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, Encoding.UTF8);
        return await reader.ReadLineAsync(cancellation) is { } line ? KeptWindow.Of(Path.GetFileName(path)[..^Ending.Length], line) : null;
    }

    private static async Task<T> GuardReadAsync<T>(string what, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new EvidenceException($"The evidence in {what} cannot be read: {e.Message} Bring it back from a copy of the volume.", e);
        }
    }

    private static async Task<byte[]> PackAsync(IReadOnlyList<string> lines, CancellationToken cancellation)
    {
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var line in lines) await gzip.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellation);
        }

        return packed.ToArray();
    }

    private static async Task<IReadOnlyList<string>> UnpackAsync(string path, CancellationToken cancellation)
    {
        await using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, Encoding.UTF8);
        var (lines, length) = (new List<string>(), 0L);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if ((length += line.Length) > MostBytes) throw new InvalidDataException("It is longer than a window can be.");
            lines.Add(line);
        }

        return lines;
    }

    internal static void Write(string path, byte[] content)
    {
        var fresh = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(fresh, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left of it would take the room that is missing.
            File.Delete(fresh);
            throw;
        }
    }

    // A rename is durable once its folder is.
    internal static void Flush(string folder)
    {
        var handle = Open(folder, 0);
        try
        {
            if (handle < 0 || Sync(handle) != 0) throw new IOException($"{folder}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
        finally
        {
            if (handle >= 0) _ = Close(handle);
        }
    }

    private async Task GuardAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EvidenceException(Advice(e), e);
        }
    }

    private string Advice(Exception e) => $"Evidence cannot be kept at {options.Folder}: {e.Message} Make room on the volume, or mount it again where it is gone.";

    // The base library opens no folders, and so flushes none.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);

    private string FolderOf(LeaseId lease) => Path.Combine(options.Folder, lease.ToString());

    private static byte[] Bytes(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private static long? Number(string path) =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
