namespace Federation.Harness.Starting;

/// <summary>Keeps two runs from working on one state folder. The kernel releases it when its holder ends, however it ends.</summary>
internal static class StateLock
{
    internal const string FileName = "lock";

    /// <summary>A folder with somebody's files in it is refused: taking a federation down empties its folder.</summary>
    internal static void RequireOurs(string stateFolder)
    {
        if (File.Exists(stateFolder)) throw new HarnessException($"{stateFolder} is a file: the state folder must be a folder of its own");
        if (!IsOurs(stateFolder) && Directory.Exists(stateFolder) && Directory.EnumerateFileSystemEntries(stateFolder).Any())
            throw new HarnessException($"{stateFolder} holds files that are not a federation's: choose an empty or new folder with --state");
    }

    internal static bool IsOurs(string stateFolder) =>
        Plan.Read(stateFolder) is not null || File.Exists(Path.Combine(stateFolder, FileName));

    internal static FileStream Take(string stateFolder)
    {
        try
        {
            Directory.CreateDirectory(stateFolder);
            return new FileStream(Path.Combine(stateFolder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HarnessException($"cannot work in {stateFolder}: {(error.Message.Contains("used by another process", StringComparison.Ordinal) ? "another run is at it" : error.Message)}", error);
        }
    }
}
