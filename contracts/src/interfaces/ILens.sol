// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CloseReason, Lease, Terms} from "../types/Lease.sol";
import {IDatacenterRegistry} from "./IDatacenterRegistry.sol";

/// @title Reads for people and for contracts. Holds nothing; what it says follows from the other contracts.
interface ILens {
    struct Member {
        address provider;
        IDatacenterRegistry.Datacenter datacenter;
        IDatacenterRegistry.StakePool stake;
        uint256 freeStake;
        uint256 attestedBits; // by the auditor that was asked for
    }

    struct LeaseView {
        bytes32 leaseId;
        Lease lease;
        uint96 paid; // claimed less pending, frozen, disallowed
        uint96 pending;
        uint96 matured; // what collect would pay now
        uint256 closingReserve;
        uint256 headroom; // smallest units that a receipt through now could still claim
        uint256 paidUntil; // unix seconds to which the escrow lasts at full load, the reserve left in it; at most endsAt. Never earlier than through
        CloseReason closableAs; // what a stranger's close would give as reason now; None: a stranger cannot
        bool expired; // Reserved and not activated in time, or Closing and past its submit time: anyone may end it
    }

    error LengthsDiffer(uint256 leaseIds, uint256 terms);
    error TermsDiffer(bytes32 leaseId);

    /// @notice Members in the order of registration; fewer than `count` at the end.
    function members(uint256 from, uint256 count, address token, address auditor) external view returns (Member[] memory);
    function leaseViews(bytes32[] calldata leaseIds, Terms[] calldata terms) external view returns (LeaseView[] memory);
    /// @notice Contract-readable: until when a lease is paid for at full load.
    function paidUntil(bytes32 leaseId, Terms calldata terms) external view returns (uint256);
}
