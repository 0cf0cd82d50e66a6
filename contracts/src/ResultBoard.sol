// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {IResultBoard} from "./interfaces/IResultBoard.sol";
import {Delivery} from "./results/Delivery.sol";
import {ReplicatedJobs} from "./results/ReplicatedJobs.sol";
import {Terms} from "./types/Lease.sol";

/// @title Results on chain: of one lease by its provider's word, of a replicated job by quorum.
contract ResultBoard is ReplicatedJobs {
    constructor(ILeaseManager leaseManager_) Delivery(leaseManager_) {}

    /// @inheritdoc IResultBoard
    function postResult(bytes32 leaseId, Terms calldata terms, bytes32 digest, uint32 status) external nonReentrant {
        _checkRuns(leaseId, terms);
        _checkOperator(terms.provider);
        bytes32 job = _partOf[leaseId];
        if (job != 0) revert ReplicaIsPart(leaseId, job);
        _record(leaseId, digest, status, terms.callback ? terms.tenant : address(0));
        emit ResultPosted(leaseId, terms.provider, digest, status);
        _deliver(leaseId);
    }
}
