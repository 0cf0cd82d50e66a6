namespace Federation.Domain.Workloads;

/// <summary>By which the pods of a job divide its work.</summary>
public static class ShardVariables
{
    /// <summary>How many there are.</summary>
    public const string Count = "FEDERATION_SHARDS";

    /// <summary>Which one it is, from 0: Kubernetes' own name, which it sets for Jobs whose completionMode is Indexed.</summary>
    public const string Index = "JOB_COMPLETION_INDEX";
}
