// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Terms, Usage} from "../types/Lease.sol";
import {ILeaseManager} from "./ILeaseManager.sol";
import {IVault} from "./IVault.sol";

/// @title Disputes over what was claimed and has not matured. An overlay: the lease goes on, uncontested money flows.
interface IDisputeManager {
    enum DisputeState {
        None,
        Open,
        Ruled,
        Drawn,
        Conceded
    }

    struct Dispute {
        bytes32 leaseId;
        bytes32 termsHash; // of when it was opened
        address challenger; // tenant or session key; its bond comes from and goes to its Vault balance
        uint40 rulingUntil; // after this anyone may draw
        DisputeState state;
        bool carriedOut; // the money of the decision has moved
        uint96 gap; // frozen, smallest units
        uint96 bond;
        uint96 toProvider; // the ruling
    }

    event DisputeOpened(uint256 indexed dispute, bytes32 indexed leaseId, address indexed challenger, Usage counter, uint32 downSeconds, uint96 gap, uint96 bond, bytes32 evidence);
    /// @notice Where either side's evidence is: content address, for the arbiter.
    event EvidenceAdded(uint256 indexed dispute, address indexed by, bytes32 evidence, string where);
    event DisputeRuled(uint256 indexed dispute, uint96 toProvider, uint96 toPayer, uint96 slashed);
    event DisputeDrawn(uint256 indexed dispute, uint96 toProvider, uint96 toPayer);
    event DisputeConceded(uint256 indexed dispute, uint96 toPayer);

    /// @notice Decided on terms that were amended since it was opened: `carryOut` with those of now moves the money.
    event DecisionWaits(uint256 indexed dispute, DisputeState decision, uint96 toProvider);

    error NotChallenger(address caller, bytes32 leaseId);
    error NotArbiter(address caller, address arbiter);
    error NotProvider(address caller);
    error NotParty(address caller);
    /// @dev Both sides signed that nobody rules.
    error NoArbiter(bytes32 leaseId);
    error NothingInDispute(bytes32 leaseId);
    error DisputeNotOpen(uint256 dispute, DisputeState state);
    error RulingOutOfRange(uint96 toProvider, uint96 gap);
    error BondAboveMaximum(uint96 bond, uint96 maxBond);
    error NothingToCarryOut(uint256 dispute, DisputeState state);
    error RulingOver(uint256 dispute, uint40 rulingUntil);
    error RulingNotOver(uint256 dispute, uint40 rulingUntil);
    error TermsDiffer(bytes32 leaseId);
    error TextTooLong(uint256 length, uint256 max);
    error NotManagerOf(address vault);

    /// @notice Tenant or its session key: what the lease really used, cumulative. The gap between that and what was claimed is
    /// frozen as far as it is still pending; what the counter-vector is worth matures as ever. Bond: the greater of
    /// terms.disputeBond and 5 % of the gap, from the caller's Vault balance or as `funding` says (purpose: the lease's id).
    /// @param maxBond reverts when it would be more
    function open(bytes32 leaseId, Terms calldata terms, Usage calldata counter, uint32 downSeconds, bytes32 evidence, uint96 maxBond, bytes calldata funding)
        external
        returns (uint256 dispute);
    /// @notice Either side or the arbiter. Here and in rule, concede and draw the terms may be those of the opening or those of now:
    /// an amendment in between cannot stop a decision.
    function addEvidence(uint256 dispute, Terms calldata terms, bytes32 evidence, string calldata where) external;
    /// @notice Arbiter of the lease, in time; not when it is the challenger, tenant, payer or provider. Any figure between both sides'. All to the provider: the bond is the provider's, less
    /// the arbiter's fee. Else the bond goes back, and the slice is slashed by what the payer gets: half to the payer, the
    /// arbiter's fee out of the other half, the rest burned.
    function rule(uint256 dispute, Terms calldata terms, uint96 toProvider) external;
    /// @notice Provider's side: the payer is right. Bond back, nothing slashed.
    function concede(uint256 dispute, Terms calldata terms) external;
    /// @notice Anyone after the time: half each, bond back, nothing slashed.
    function draw(uint256 dispute, Terms calldata terms) external;

    /// @notice Anyone: move the money of a decision that was made on the terms of the opening. @param terms those of now
    function carryOut(uint256 dispute, Terms calldata terms) external;

    function leaseManager() external view returns (ILeaseManager);
    function vault() external view returns (IVault);
    function disputeCount() external view returns (uint256);
    /// @notice Numbered from 1.
    function disputeOf(uint256 dispute) external view returns (Dispute memory);
}
