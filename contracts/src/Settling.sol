// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Ending} from "./Ending.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {Calldata} from "./libraries/Calldata.sol";
import {LeaseSlots} from "./libraries/LeaseSlots.sol";
import {Pricing} from "./libraries/Pricing.sol";
import {CloseReason, Lease, LeaseState, Settlement, Terms, Usage, UsageReceipt} from "./types/Lease.sol";

/// @title Receipts: what they are worth, what they move out of the escrow, who has to have signed them.
/// @dev A provider is paid min(due, what the reserved capacity can cost over the active seconds), cumulative, as far as the escrow
/// goes: no sequence of receipts gets more, and no receipt that asks for more reverts. There is no debt.
abstract contract Settling is Ending {
    /// @dev What a receipt and an amendment have in common.
    struct Reading {
        bytes32 leaseId;
        uint32 seq;
        uint40 through;
        uint32 downSeconds;
        bytes32 evidenceRoot;
        bool countersigned;
    }

    /// @inheritdoc ILeaseManager
    function settle(
        Terms calldata terms,
        UsageReceipt calldata receipt,
        bytes calldata providerSignature,
        bytes calldata tenantSignature
    ) external nonReentrant returns (uint96 amount) {
        terms = Calldata.hide(terms);
        receipt = Calldata.hide(receipt);
        _raise(_receiptProblem(terms, receipt.leaseId, receipt.seq, receipt.through));
        Till memory till;
        _turn(till, terms);
        if (!_speaksFor(till)) _checkSignature(till.operator, receiptHash(receipt), providerSignature);
        _raise(_tenantProblem(terms.tenant, receipt, tenantSignature));
        amount = _settle(till, terms, receipt, _reading(receipt, tenantSignature));
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    function settleMany(Settlement[] calldata items) external nonReentrant {
        _checkBatch(items.length);
        Till memory till;
        for (uint256 i = 0; i < items.length; ++i) {
            Terms calldata terms = items[i].terms;
            UsageReceipt calldata receipt = items[i].receipt;
            bytes calldata tenantSignature = items[i].tenantSignature;
            bytes memory problem = _receiptProblem(terms, receipt.leaseId, receipt.seq, receipt.through);
            if (problem.length == 0) {
                _turn(till, terms);
                problem = _operatorProblem(till);
            }
            if (problem.length == 0) problem = _tenantProblem(terms.tenant, receipt, tenantSignature);
            if (problem.length == 0) _settle(till, terms, receipt, _reading(receipt, tenantSignature));
            else _skip(receipt.leaseId, problem);
        }
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    function postRoot(address provider, bytes32 root, bytes calldata providerSignature) external {
        Till memory till;
        _meet(till, provider);
        if (!_speaksFor(till)) _checkSignature(till.operator, rootHash(provider, root), providerSignature);
        isRoot[provider][till.operator][root] = true;
        emit ReceiptRootPosted(provider, root);
    }

    /// @inheritdoc ILeaseManager
    function settleProven(Terms calldata terms, UsageReceipt calldata receipt, bytes32 root, bytes32[] calldata proof)
        external
        nonReentrant
        returns (uint96 amount)
    {
        terms = Calldata.hide(terms);
        receipt = Calldata.hide(receipt);
        _raise(_receiptProblem(terms, receipt.leaseId, receipt.seq, receipt.through));
        Till memory till;
        _turn(till, terms);
        if (!isRoot[terms.provider][till.operator][root]) revert RootUnknown(terms.provider, root);
        bytes32 proven = leaf(receipt);
        if (!MerkleProof.verifyCalldata(proof, root, proven)) revert ProofInvalid(proven, root);
        amount = _settle(till, terms, receipt, _reading(receipt, msg.data[:0]));
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    /// @dev Pays as much of what is pending as that receipt is worth: had the provider settled another one under the same number,
    /// the rest would go on waiting. The provider's word is not needed, nothing new is claimed.
    function countersign(Terms calldata terms, UsageReceipt calldata receipt, bytes calldata tenantSignature)
        external
        nonReentrant
    {
        terms = Calldata.hide(terms);
        receipt = Calldata.hide(receipt);
        bytes32 leaseId = receipt.leaseId;
        Lease storage l = _known(leaseId, terms);
        // Not before activation, and a receipt from before this one may have been corrected since.
        if (receipt.seq < l.seq || receipt.seq == 0) revert SeqTooLow(leaseId, receipt.seq, l.seq);
        if (receipt.through < l.activatedAt) revert ThroughInvalid(leaseId, receipt.through);
        bool byKey = msg.sender == terms.tenant || isSessionKey[terms.tenant][msg.sender];
        if (!byKey || tenantSignature.length != 0) {
            bytes32 digest = receiptHash(receipt);
            if (!_signed(terms.tenant, true, digest, tenantSignature)) revert SignatureInvalid(digest, terms.tenant);
        }
        Ring memory ring = _ring(l, terms.maturitySeconds);
        (uint256 earned, uint256 cap) = _worth(l, terms, receipt.usage, receipt.downSeconds, receipt.through);
        uint256 amount = _agreed(ring, l.claimed, Math.min(earned, cap));
        if (amount == 0) revert NothingPending(leaseId);
        _keep(l, ring);
        Till memory till;
        _pay(till, leaseId, terms, ring.paid, amount);
        _freeSliceIfDone(leaseId, terms);
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    function setSessionKey(address key, bool allowed) external {
        isSessionKey[msg.sender][key] = allowed;
        emit SessionKeySet(msg.sender, key, allowed);
    }

    /// @dev The reading has been checked. Claims what it proves as far as cap and escrow go, and pays what is ripe.
    function _claim(Till memory till, Terms calldata terms, Usage calldata usage, Reading memory r)
        internal
        returns (uint256 amount)
    {
        Lease storage l = _leases[r.leaseId];
        (uint256 escrow, uint256 claimed) = (l.escrow, l.claimed);
        (uint256 earned, uint256 cap) = _worth(l, terms, usage, r.downSeconds, r.through);
        uint256 worth = Math.min(earned, cap);
        amount = Math.min(Math.saturatingSub(worth, claimed), escrow);
        // Binds only where rulings have sent the escrow around: what is claimed cumulates.
        amount = Math.min(amount, type(uint96).max - claimed);

        Ring memory ring = _ring(l, terms.maturitySeconds);
        claimed += amount;
        uint256 ripe;
        if (terms.maturitySeconds == 0) {
            ripe = ring.matured + amount;
        } else {
            ring.fresh += amount;
            ripe = r.countersigned ? _agreed(ring, claimed, worth) : ring.matured;
        }
        // forge-lint: disable-next-line(unsafe-typecast) escrow + claimed fit, always
        LeaseSlots.setMoney(l, uint96(escrow - amount), uint96(claimed), r.through);
        ring.seq = r.seq;
        _keep(l, ring);
        emit LeaseSettled(
            r.leaseId,
            terms.provider,
            r.seq,
            r.through,
            usage,
            r.downSeconds,
            earned,
            // forge-lint: disable-next-line(unsafe-typecast) at most the escrow
            uint96(amount),
            // forge-lint: disable-next-line(unsafe-typecast) escrow + claimed fit, always
            uint96(claimed),
            r.countersigned,
            r.evidenceRoot
        );
        _pay(till, r.leaseId, terms, ring.paid, ripe);
    }

    /// @return earned what this usage is worth by the terms, cumulative over amendments
    /// @return cap what the reserved capacity can cost until then at most, cumulative too
    function _worth(Lease storage l, Terms calldata terms, Usage calldata usage, uint32 downSeconds, uint40 through)
        internal
        view
        returns (uint256 earned, uint256 cap)
    {
        earned = Pricing.due(terms, usage, downSeconds);
        uint40 endsAt = l.endsAt;
        cap = Pricing.cap(terms, (through < endsAt ? through : endsAt) - l.activatedAt);
        if (l.adjusted) (earned, cap) = (_shift(earned, l.dueOffset), _shift(cap, l.capOffset));
    }

    function _receiptProblem(Terms calldata terms, bytes32 leaseId, uint32 seq, uint40 through)
        internal
        view
        returns (bytes memory problem)
    {
        problem = _termsProblem(leaseId, terms);
        if (problem.length != 0) return problem;
        Lease storage l = _leases[leaseId];
        LeaseState state = l.state;
        if (state != LeaseState.Active && state != LeaseState.Closing) return _stateProblem(leaseId, state);
        if (seq <= l.seq) return abi.encodeWithSelector(SeqTooLow.selector, leaseId, seq, l.seq);
        // Not later than this block: sent again later it is good. The past is bounded by what is settled already.
        if (through > block.timestamp || through < l.through) {
            return abi.encodeWithSelector(ThroughInvalid.selector, leaseId, through);
        }
    }

    function _settle(Till memory till, Terms calldata terms, UsageReceipt calldata receipt, Reading memory r)
        private
        returns (uint96 amount)
    {
        amount = uint96(_claim(till, terms, receipt.usage, r));
        if (!receipt.isFinal) return amount;
        Lease storage l = _leases[r.leaseId];
        if (l.state != LeaseState.Closing) return amount;
        if (!r.countersigned && block.timestamp < l.endsAt && l.reason != CloseReason.Tenant) {
            l.reason = CloseReason.Provider;
            uint256 penalty = _penalise(till, r.leaseId, terms, _sliceLeft(l, terms));
            // forge-lint: disable-next-line(unsafe-typecast) at most the slice
            if (penalty != 0) (l.slashed, l.adjusted) = (l.slashed + uint96(penalty), true);
        }
        _finish(till, r.leaseId, terms);
    }

    /// @dev Takes out of the ring what the tenant agreed to: all, but for what was claimed above `worth` by an earlier receipt.
    /// That goes on waiting, the newest part of it. @return ripe with what has matured
    function _agreed(Ring memory ring, uint256 claimed, uint256 worth) private pure returns (uint256 ripe) {
        uint256 pending = ring.old + ring.fresh;
        uint256 waiting = Math.min(pending, Math.saturatingSub(claimed, worth));
        ripe = ring.matured + pending - waiting;
        ring.fresh = Math.min(ring.fresh, waiting);
        ring.old = waiting - ring.fresh;
    }

    function _tenantProblem(address tenant, UsageReceipt calldata receipt, bytes calldata signature)
        private
        view
        returns (bytes memory)
    {
        if (signature.length == 0) return "";
        bytes32 digest = receiptHash(receipt);
        if (_signed(tenant, true, digest, signature)) return "";
        return abi.encodeWithSelector(SignatureInvalid.selector, digest, tenant);
    }

    function _reading(UsageReceipt calldata a, bytes calldata tenantSignature) private pure returns (Reading memory) {
        return Reading(a.leaseId, a.seq, a.through, a.downSeconds, a.evidenceRoot, tenantSignature.length != 0);
    }

    function _shift(uint256 value, int256 offset) private pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast) a price is below 2^163
        int256 shifted = int256(value) + offset;
        // forge-lint: disable-next-line(unsafe-typecast) positive
        return shifted > 0 ? uint256(shifted) : 0;
    }
}
