// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a contract tenant implements to get results.
interface ILeaseClient {
    /// @param id the lease's id, or the job's for a replicated one
    /// @param digest of the result: what is behind it is delivered off chain
    /// @param status zero: success; else the workload's exit code, or the application's word
    function onLeaseResult(bytes32 id, bytes32 digest, uint32 status) external;
}
