// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDisputeManager} from "./interfaces/IDisputeManager.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {IVault} from "./interfaces/IVault.sol";
import {TermsCode} from "./libraries/TermsCode.sol";
import {CloseReason, Credit, Lease, LeaseState, Terms, Usage} from "./types/Lease.sol";

/// @title Who is right about a receipt: challenger's bond, arbiter's ruling between both figures, draw by silence.
/// @dev A decision and its money are two steps, mostly in one transaction. LeaseManager takes the terms of now only, and a tenant
/// may change the spec hash in them whenever it likes. So a decision is also taken on the terms of the opening (what it depends
/// on cannot be amended: arbiter, parties, sums), and its money moves when somebody brings those of now.
contract DisputeManager is IDisputeManager, ReentrancyGuardTransient {
    /// @dev The bond is at least a twentieth of what it freezes.
    uint256 private constant BOND_DIVISOR = 20;
    uint256 private constant MAX_WHERE_BYTES = 256;

    /// @dev Dispute in an order that takes four slots instead of five: a decision has no new one to pay for.
    struct Case {
        bytes32 leaseId;
        bytes32 termsHash;
        address challenger;
        uint96 toProvider;
        uint96 gap;
        uint96 bond;
        uint40 rulingUntil;
        DisputeState state;
        bool carriedOut;
    }

    /// @inheritdoc IDisputeManager
    ILeaseManager public immutable override leaseManager;
    /// @inheritdoc IDisputeManager
    IVault public immutable override vault;
    /// @inheritdoc IDisputeManager
    uint256 public override disputeCount;

    mapping(uint256 dispute => Case) private _disputes;

    constructor(ILeaseManager leaseManager_) {
        leaseManager = leaseManager_;
        vault = leaseManager_.vault();
        if (!vault.isManager(address(this))) revert NotManagerOf(address(vault));
    }

    /// @inheritdoc IDisputeManager
    function open(
        bytes32 leaseId,
        Terms calldata terms,
        Usage calldata counter,
        uint32 downSeconds,
        bytes32 evidence,
        uint96 maxBond,
        bytes calldata funding
    ) external nonReentrant returns (uint256 dispute) {
        _checkChallenger(leaseId, terms);
        uint96 gap = _freeze(leaseId, terms, counter, downSeconds);
        uint96 bond = uint96(Math.max(terms.disputeBond, Math.ceilDiv(gap, BOND_DIVISOR)));
        if (bond > maxBond) revert BondAboveMaximum(bond, maxBond);
        dispute = ++disputeCount;
        Case storage d = _disputes[dispute];
        (d.leaseId, d.termsHash) = (leaseId, TermsCode.hash(terms));
        (d.challenger, d.rulingUntil) = (msg.sender, uint40(block.timestamp) + terms.rulingSeconds);
        (d.state, d.gap, d.bond) = (DisputeState.Open, gap, bond);
        emit DisputeOpened(dispute, leaseId, msg.sender, counter, downSeconds, gap, bond, evidence);

        vault.lock(terms.token, msg.sender, bond, leaseId, funding);
    }

    /// @inheritdoc IDisputeManager
    function addEvidence(uint256 dispute, Terms calldata terms, bytes32 evidence, string calldata where) external {
        Case storage d = _open(dispute);
        _checkTerms(d, terms);
        uint256 length = bytes(where).length;
        if (length > MAX_WHERE_BYTES) revert TextTooLong(length, MAX_WHERE_BYTES);
        bool party = msg.sender == d.challenger || msg.sender == terms.tenant || msg.sender == terms.arbiter;
        if (!party && !_speaksForProvider(terms) && !leaseManager.isSessionKey(terms.tenant, msg.sender)) {
            revert NotParty(msg.sender);
        }
        emit EvidenceAdded(dispute, msg.sender, evidence, where);
    }

    /// @inheritdoc IDisputeManager
    function rule(uint256 dispute, Terms calldata terms, uint96 toProvider) external nonReentrant {
        Case storage d = _open(dispute);
        bool current = _checkTerms(d, terms);
        // Nobody judges its own case. Only what can be told from fixed terms counts: a check on keys that a party can set would
        // let that party disqualify an honest arbiter.
        bool partial_ = msg.sender == d.challenger || msg.sender == terms.tenant || msg.sender == terms.payer
            || msg.sender == terms.provider;
        if (msg.sender != terms.arbiter || partial_) revert NotArbiter(msg.sender, terms.arbiter);
        if (block.timestamp > d.rulingUntil) revert RulingOver(dispute, d.rulingUntil);
        if (toProvider > d.gap) revert RulingOutOfRange(toProvider, d.gap);
        _decide(dispute, terms, current, DisputeState.Ruled, toProvider);
    }

    /// @inheritdoc IDisputeManager
    function concede(uint256 dispute, Terms calldata terms) external nonReentrant {
        Case storage d = _open(dispute);
        bool current = _checkTerms(d, terms);
        if (!_speaksForProvider(terms)) revert NotProvider(msg.sender);
        _decide(dispute, terms, current, DisputeState.Conceded, 0);
    }

    /// @inheritdoc IDisputeManager
    function draw(uint256 dispute, Terms calldata terms) external nonReentrant {
        Case storage d = _open(dispute);
        bool current = _checkTerms(d, terms);
        if (block.timestamp <= d.rulingUntil) revert RulingNotOver(dispute, d.rulingUntil);
        _decide(dispute, terms, current, DisputeState.Drawn, d.gap / 2);
    }

    /// @inheritdoc IDisputeManager
    function carryOut(uint256 dispute, Terms calldata terms) external nonReentrant {
        Case storage d = _disputes[dispute];
        DisputeState state = d.state;
        if (state == DisputeState.None || state == DisputeState.Open || d.carriedOut) {
            revert NothingToCarryOut(dispute, state);
        }
        if (!_isCurrent(d.leaseId, terms)) revert TermsDiffer(d.leaseId);
        _carryOut(dispute, terms);
    }

    /// @inheritdoc IDisputeManager
    function disputeOf(uint256 dispute) external view returns (Dispute memory found) {
        Case storage d = _disputes[dispute];
        (found.leaseId, found.termsHash, found.challenger) = (d.leaseId, d.termsHash, d.challenger);
        (found.rulingUntil, found.state, found.carriedOut) = (d.rulingUntil, d.state, d.carriedOut);
        (found.gap, found.bond, found.toProvider) = (d.gap, d.bond, d.toProvider);
    }

    function _decide(uint256 dispute, Terms calldata terms, bool current, DisputeState decision, uint96 toProvider) private {
        Case storage d = _disputes[dispute];
        (d.state, d.toProvider) = (decision, toProvider);
        if (current) _carryOut(dispute, terms);
        else emit DecisionWaits(dispute, decision, toProvider);
    }

    /// @dev The terms are those of now.
    function _carryOut(uint256 dispute, Terms calldata terms) private {
        Case storage d = _disputes[dispute];
        d.carriedOut = true;
        (DisputeState decision, uint96 gap, uint96 toProvider) = (d.state, d.gap, d.toProvider);
        uint96 toPayer = gap - toProvider;
        if (decision == DisputeState.Ruled) {
            // Before the freeze ends: with nothing frozen any more, the slice of a closed lease may be gone.
            emit DisputeRuled(dispute, toProvider, toPayer, _slash(d.leaseId, terms, toPayer));
        } else if (decision == DisputeState.Drawn) {
            emit DisputeDrawn(dispute, toProvider, toPayer);
        } else {
            emit DisputeConceded(dispute, toPayer);
        }
        leaseManager.rule(d.leaseId, terms, toProvider, toPayer);
        if (decision == DisputeState.Ruled && toPayer == 0) _forfeitBond(terms, d.bond);
        else vault.release(terms.token, d.challenger, d.bond);
    }

    /// @dev Slash = min(order, what is left of the slice): half to the payer, the arbiter's fee out of the other half.
    function _slash(bytes32 leaseId, Terms calldata terms, uint96 order) private returns (uint96) {
        uint256 left = Math.saturatingSub(terms.slice, leaseManager.lease(leaseId).slashed);
        uint256 amount = Math.min(order, left);
        if (amount == 0) return 0;
        Credit[] memory credits = new Credit[](2);
        credits[0] = Credit(terms.payer, amount / 2);
        credits[1] = Credit(terms.arbiter, Math.min(terms.arbiterFee, amount - amount / 2));
        // forge-lint: disable-next-line(unsafe-typecast) at most `order`
        return leaseManager.slash(leaseId, terms, uint96(amount), credits);
    }

    /// @dev A challenger that was all wrong pays the provider for the wait, and the arbiter.
    function _forfeitBond(Terms calldata terms, uint96 bond) private {
        (, address payout,) = leaseManager.registry().payee(terms.provider);
        uint256 fee = Math.min(terms.arbiterFee, bond);
        Credit[] memory credits = new Credit[](2);
        credits[0] = Credit(terms.arbiter, fee);
        credits[1] = Credit(payout, bond - fee);
        vault.releaseMany(terms.token, credits);
    }

    /// @dev Freezes what was claimed above the counter-vector's worth, as far as it is still pending.
    function _freeze(bytes32 leaseId, Terms calldata terms, Usage calldata counter, uint32 downSeconds)
        private
        returns (uint96 gap)
    {
        Lease memory l = leaseManager.lease(leaseId);
        if (l.termsHash == 0 || l.termsHash != TermsCode.hash(terms)) revert TermsDiffer(leaseId);
        int256 worth = int256(leaseManager.due(terms, counter, downSeconds));
        if (l.adjusted) worth += l.dueOffset;
        // forge-lint: disable-next-line(unsafe-typecast) positive
        uint256 owed = worth > 0 ? uint256(worth) : 0;
        // What a closed lease was topped up to is owed for any usage.
        if (l.state == LeaseState.Closed && l.reason != CloseReason.Provider) owed = Math.max(owed, terms.minCharge);
        uint256 above = Math.saturatingSub(uint256(l.claimed) - l.frozen - l.disallowed, owed);
        gap = uint96(Math.min(above, uint256(l.pendingOld) + l.pendingNew));
        if (gap != 0) gap = leaseManager.freeze(leaseId, terms, gap);
        if (gap == 0) revert NothingInDispute(leaseId);
    }

    function _checkChallenger(bytes32 leaseId, Terms calldata terms) private view {
        if (terms.arbiter == address(0)) revert NoArbiter(leaseId);
        bool allowed = msg.sender == terms.tenant || leaseManager.isSessionKey(terms.tenant, msg.sender);
        if (!allowed || msg.sender == terms.arbiter) revert NotChallenger(msg.sender, leaseId);
    }

    /// @return current whether they are the terms of now; else they are those of the opening
    function _checkTerms(Case storage d, Terms calldata terms) private view returns (bool current) {
        current = _isCurrent(d.leaseId, terms);
        if (!current && d.termsHash != TermsCode.hash(terms)) revert TermsDiffer(d.leaseId);
    }

    function _isCurrent(bytes32 leaseId, Terms calldata terms) private view returns (bool) {
        return leaseManager.lease(leaseId).termsHash == TermsCode.hash(terms);
    }

    function _speaksForProvider(Terms calldata terms) private view returns (bool) {
        if (msg.sender == terms.provider) return true;
        (address operator,,) = leaseManager.registry().payee(terms.provider);
        return msg.sender == operator;
    }

    function _open(uint256 dispute) private view returns (Case storage d) {
        d = _disputes[dispute];
        if (d.state != DisputeState.Open) revert DisputeNotOpen(dispute, d.state);
    }
}
