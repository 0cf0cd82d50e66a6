// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Terms} from "../types/Lease.sol";
import {ILeaseManager} from "./ILeaseManager.sol";
import {IVault} from "./IVault.sol";

/// @title Results on chain: of one lease by its provider's word, of a replicated job by quorum; and the callback to a contract.
/// @dev Money first, callback last: 200,000 gas, no return data copied, a failure is an event and can be tried again by anyone.
interface IResultBoard {
    enum JobState {
        None,
        Committing,
        Revealing,
        Agreed,
        Failed
    }

    /// @notice What a tenant asks of the replicas: the leases (requestHash, 0) to (requestHash, replicas - 1), which must be of
    /// distinct providers.
    struct JobTerms {
        address tenant;
        address token; // of bond and reward
        bytes32 requestHash;
        uint8 replicas; // 3 to 7
        uint8 threshold; // equal reveals that make the result; more than half
        bool deterministic; // the image gives one result for one input: a minority is slashed
        bool callback;
        uint96 bond; // each replica's, smallest units
        uint96 reward; // shared by those who revealed the result
        uint40 commitUntil; // unix seconds
        uint40 revealUntil;
        uint256 salt;
    }

    struct Result {
        bytes32 digest;
        uint32 status;
        uint40 postedAt; // unix seconds; zero: none
        bool delivered; // the callback went through
        address client; // zero: no callback
    }

    event ResultPosted(bytes32 indexed id, address indexed provider, bytes32 digest, uint32 status);
    event ResultDelivered(bytes32 indexed id, address indexed client);
    /// @notice The client's call failed or ran out of its gas; anyone may try again with `deliver`.
    event DeliveryFailed(bytes32 indexed id, address indexed client);
    event JobOpened(bytes32 indexed job, address indexed tenant, JobTerms terms);
    event JobCommitted(bytes32 indexed job, uint8 indexed replica, address indexed provider);
    event JobRevealed(bytes32 indexed job, uint8 indexed replica, bytes32 digest, uint32 status);
    event JobAgreed(bytes32 indexed job, bytes32 digest, uint32 status, uint8 agreeing);
    event JobFailed(bytes32 indexed job, uint8 revealed, uint8 mostAgreeing);
    /// @notice Bond and slice of a replica that lied about a deterministic result, or bond of one that did not reveal.
    event ReplicaPunished(bytes32 indexed job, uint8 indexed replica, address indexed provider, uint96 bond, uint96 slashed);

    error NotOperator(address caller, address expected);
    error NotTenant(address caller, address expected);
    error TermsDiffer(bytes32 leaseId);
    error LeaseNotRun(bytes32 leaseId);
    error ResultExists(bytes32 id);
    error ResultUnknown(bytes32 id);
    error NothingToDeliver(bytes32 id);
    error GasTooLow(uint256 gas, uint256 needed);
    error JobExists(bytes32 job);
    error JobUnknown(bytes32 job);
    error JobStateWrong(bytes32 job, JobState state);
    error OutOfRange(string field, uint256 value, uint256 min, uint256 max);
    error CommitOver(bytes32 job, uint40 commitUntil);
    error CommitZero();
    error AlreadyCommitted(bytes32 job, address provider);
    error NotCommitted(bytes32 job, uint8 replica);
    error RevealNotOpen(bytes32 job, uint40 from);
    error RevealOver(bytes32 job, uint40 revealUntil);
    error RevealNotOver(bytes32 job, uint40 revealUntil);
    error RevealWrong(bytes32 job, uint8 replica);
    error AlreadyRevealed(bytes32 job, uint8 replica);
    error ReplicaIsPart(bytes32 leaseId, bytes32 job);
    error NotManagerOf(address vault);

    // One lease.
    /// @notice Operator of an Active or Closing lease, once: its result. Calls the tenant when terms.callback is set; such a lease, once
    /// it has committed to a job, delivers by the job alone.
    function postResult(bytes32 leaseId, Terms calldata terms, bytes32 digest, uint32 status) external;
    /// @notice Anyone: try a callback that failed once more.
    function deliver(bytes32 id) external;

    // Replicated jobs.
    /// @notice Tenant only. Locks the reward. @return job keccak256(abi.encode(terms))
    function openJob(JobTerms calldata terms, bytes calldata funding) external returns (bytes32 job);
    /// @notice Operator of the replica's lease (Active or Closing). Locks the bond from the operator's or, when that lacks it, as `funding`
    /// says; a bond that is given back goes to the operator of then. @param commitment keccak256(abi.encode(job, digest, status, provider, salt)): bound to its sender's provider
    function commit(JobTerms calldata terms, uint8 replica, Terms calldata lease, bytes32 commitment, bytes calldata funding) external;
    /// @notice Anyone who knows it, after all have committed or commitUntil has passed, until revealUntil.
    function reveal(JobTerms calldata terms, uint8 replica, bytes32 digest, uint32 status, bytes32 salt) external;
    /// @notice Anyone, after revealUntil or once all who committed have revealed. Agreed: reward and punished bonds to those who revealed the result,
    /// their bonds back. Who did not reveal loses the bond; a minority loses bond and slice only if the job is deterministic.
    /// Failed: reward back to the tenant, bonds back to those who revealed, lost bonds to the tenant.
    /// @param leases terms of the replicas' leases in their order; needed only where a slice may be slashed, else may be empty. Seven
    /// days after revealUntil a slice whose terms are not given is left alone, so that nobody can hold the others' money back
    function finalise(JobTerms calldata terms, Terms[] calldata leases) external;

    function leaseManager() external view returns (ILeaseManager);
    function vault() external view returns (IVault);
    function resultOf(bytes32 id) external view returns (Result memory);
    function jobState(bytes32 job) external view returns (JobState);
    /// @notice The commitment reads zero once it was revealed.
    function replicaOf(bytes32 job, uint8 replica) external view returns (address provider, bytes32 commitment, bytes32 digest, uint32 status, bool revealed);
}
