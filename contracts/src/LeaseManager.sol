// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Matching} from "./libraries/Matching.sol";
import {Pricing} from "./libraries/Pricing.sol";
import {Market} from "./Market.sol";
import {
    CloseReason,
    Lease,
    LeaseState,
    Offer,
    Prices,
    Request,
    Resources,
    Settlement,
    Terms,
    Usage,
    UsageReceipt
} from "./types/Lease.sol";

/// @title The lease machine: Reserved, Active, Closing, Closed; and what is paid on the way.
/// @dev Money rules. Escrow + paid of a lease is what was put into it until it is closed. A provider is paid
/// min(priced usage, reserved capacity at its price over the active seconds), cumulative, as far as the escrow goes: no
/// sequence of receipts gets more, and no receipt that asks for more reverts. There is no debt. A batch reports problems as
/// encoded errors instead of reverting, so that single calls and batches run through the same checks.
contract LeaseManager is Market, ReentrancyGuardTransient {
    uint256 private constant MAX_BATCH = 100;
    uint32 private constant MIN_SUBMIT_SECONDS = 1;
    uint32 private constant MAX_SUBMIT_SECONDS = 30 days;

    /// @inheritdoc ILeaseManager
    IVault public immutable override vault;
    /// @inheritdoc ILeaseManager
    uint32 public immutable override submitSeconds;

    mapping(bytes32 leaseId => Lease) private _leases;

    constructor(IVault vault_, IDatacenterRegistry registry_, uint32 submitSeconds_) Market(registry_) {
        if (!vault_.isManager(address(this))) revert NotManagerOf(address(vault_));
        if (submitSeconds_ < MIN_SUBMIT_SECONDS || submitSeconds_ > MAX_SUBMIT_SECONDS) {
            revert SubmitSecondsOutOfRange(submitSeconds_, MIN_SUBMIT_SECONDS, MAX_SUBMIT_SECONDS);
        }
        vault = vault_;
        submitSeconds = submitSeconds_;
    }

    /// @inheritdoc ILeaseManager
    function matchOrders(
        Offer calldata offer,
        bytes calldata offerSignature,
        Request calldata request,
        bytes calldata requestSignature
    ) external nonReentrant returns (bytes32 leaseId) {
        Standing memory who = _checkOpen(offer.provider, request.requiredCapabilities);
        Matching.check(offer, request);
        Fill memory fill = _fill(offer, offerSignature, request, requestSignature, who);
        leaseId = _leaseId(fill.requestHash, fill.index);
        _reserve(leaseId, fill, Matching.terms(offer, request, submitSeconds), request.deposit);
        vault.lock(request.token, request.tenant, request.deposit);
    }

    /// @inheritdoc ILeaseManager
    function activate(bytes32 leaseId, Terms calldata terms) external nonReentrant {
        _raise(_activationProblem(leaseId, terms));
        _raise(_operatorProblem(_standing(terms.provider)));
        _activate(leaseId, terms);
    }

    /// @inheritdoc ILeaseManager
    function activateMany(bytes32[] calldata leaseIds, Terms[] calldata terms) external nonReentrant {
        _checkBatch(leaseIds.length);
        if (leaseIds.length != terms.length) revert LengthsDiffer(leaseIds.length, terms.length);
        Standing memory who;
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            bytes memory problem = _activationProblem(leaseIds[i], terms[i]);
            if (problem.length == 0) {
                if (who.provider != terms[i].provider) who = _standing(terms[i].provider);
                problem = _operatorProblem(who);
            }
            if (problem.length == 0) _activate(leaseIds[i], terms[i]);
            else _skip(leaseIds[i], problem);
        }
    }

    /// @inheritdoc ILeaseManager
    function refuse(bytes32 leaseId, Terms calldata terms) external nonReentrant {
        Lease storage l = _leases[leaseId];
        _raise(_termsProblem(l, leaseId, terms));
        if (l.state != LeaseState.Reserved) revert StateWrong(leaseId, l.state);
        _raise(_operatorProblem(_standing(terms.provider)));
        l.reason = CloseReason.Refused;
        _finish(l, leaseId, terms, 0);
    }

    /// @inheritdoc ILeaseManager
    function topUp(bytes32 leaseId, Terms calldata terms, uint96 amount) external nonReentrant {
        if (amount == 0) revert AmountZero();
        Lease storage l = _leases[leaseId];
        _raise(_termsProblem(l, leaseId, terms));
        if (l.state == LeaseState.Closed) revert StateWrong(leaseId, l.state);
        uint96 escrow = l.escrow;
        uint256 total = uint256(escrow) + l.paid + amount;
        if (total > type(uint96).max) revert EscrowTooLarge(leaseId, total);
        l.escrow = escrow + amount;
        emit LeaseToppedUp(leaseId, msg.sender, amount, escrow + amount);

        vault.lock(terms.token, msg.sender, amount);
    }

    /// @inheritdoc ILeaseManager
    function settle(Terms calldata terms, UsageReceipt calldata receipt, bytes calldata signature)
        external
        nonReentrant
        returns (uint96 amount)
    {
        _raise(_receiptProblem(terms, receipt));
        Standing memory who = _standing(terms.provider);
        if (!_speaksFor(who, msg.sender)) _checkSignature(who.operator, receiptHash(receipt), signature);
        return _settle(terms, receipt, who.payout);
    }

    /// @inheritdoc ILeaseManager
    function settleMany(Settlement[] calldata items) external nonReentrant {
        _checkBatch(items.length);
        Standing memory who;
        for (uint256 i = 0; i < items.length; ++i) {
            Settlement calldata item = items[i];
            bytes memory problem = _receiptProblem(item.terms, item.receipt);
            if (problem.length == 0) {
                if (who.provider != item.terms.provider) who = _standing(item.terms.provider);
                problem = _operatorProblem(who);
            }
            if (problem.length == 0) _settle(item.terms, item.receipt, who.payout);
            else _skip(item.receipt.leaseId, problem);
        }
    }

    /// @inheritdoc ILeaseManager
    function close(bytes32 leaseId, Terms calldata terms) external nonReentrant {
        Lease storage l = _leases[leaseId];
        _raise(_termsProblem(l, leaseId, terms));
        LeaseState state = l.state;
        if (state == LeaseState.Reserved) {
            l.reason = _reservedReason(leaseId, terms);
            _finish(l, leaseId, terms, 0);
        } else if (state == LeaseState.Active) {
            CloseReason reason = _activeReason(l, leaseId, terms);
            // The term was agreed beforehand: notice never goes beyond it.
            uint40 endsAt = uint40(Math.min(l.endsAt, block.timestamp + terms.noticeSeconds));
            (l.state, l.reason, l.endsAt) = (LeaseState.Closing, reason, endsAt);
            emit LeaseClosing(leaseId, terms.provider, reason, endsAt);
        } else if (state == LeaseState.Closing) {
            if (block.timestamp <= uint256(l.endsAt) + terms.submitSeconds) revert NotYetClosable(leaseId);
            _finish(l, leaseId, terms, _owedMinimum(l, terms));
        } else {
            revert StateWrong(leaseId, state);
        }
    }

    /// @inheritdoc ILeaseManager
    function lease(bytes32 leaseId) external view returns (Lease memory) {
        return _leases[leaseId];
    }

    /// @inheritdoc ILeaseManager
    function leases(bytes32[] calldata leaseIds) external view returns (Lease[] memory found) {
        found = new Lease[](leaseIds.length);
        for (uint256 i = 0; i < leaseIds.length; ++i) found[i] = _leases[leaseIds[i]];
    }

    /// @inheritdoc ILeaseManager
    function filled(bytes32 orderHash) external view returns (uint32) {
        uint32 counted = _counted(orderHash);
        bool leased = _leases[_leaseId(orderHash, 0)].state != LeaseState.None;
        return counted == 0 && leased ? 1 : counted;
    }

    /// @inheritdoc ILeaseManager
    function hashTerms(Terms calldata terms) public pure returns (bytes32 digest) {
        // keccak256(abi.encode(terms)) without taking the static struct apart: 23 words as they came in.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, terms, 736)
            digest := keccak256(free, 736)
        }
    }

    /// @inheritdoc ILeaseManager
    function price(Prices calldata prices, Usage calldata usage) external pure returns (uint256) {
        return Pricing.price(prices, usage);
    }

    /// @inheritdoc ILeaseManager
    function rateCap(Prices calldata prices, Resources calldata resources, uint256 seconds_)
        external
        pure
        returns (uint256)
    {
        return Pricing.rateCap(prices, resources, seconds_);
    }

    /// @inheritdoc ILeaseManager
    function closingReserve(Terms calldata terms) public pure returns (uint256) {
        return Pricing.closingReserve(terms.prices, terms.resources, terms.noticeSeconds);
    }

    function _leaseId(bytes32 requestHash_, uint32 fillIndex) private pure returns (bytes32) {
        return keccak256(abi.encode(requestHash_, fillIndex));
    }

    function _reserve(bytes32 leaseId, Fill memory fill, Terms memory terms, uint96 deposit) private {
        Lease storage l = _leases[leaseId];
        if (l.state != LeaseState.None) revert OrderFilled(fill.requestHash, 1);
        (l.tenant, l.escrow) = (terms.tenant, deposit);
        l.provider = terms.provider;
        l.termsHash = keccak256(abi.encode(terms));
        l.state = LeaseState.Reserved;
        emit LeaseMatched(
            leaseId, terms.tenant, terms.provider, fill.requestHash, fill.offerHash, fill.index, deposit, terms
        );
    }

    function _activate(bytes32 leaseId, Terms calldata terms) private {
        Lease storage l = _leases[leaseId];
        uint40 begin = uint40(block.timestamp);
        (l.state, l.activatedAt, l.through) = (LeaseState.Active, begin, begin);
        l.endsAt = begin + terms.durationSeconds;
        emit LeaseActivated(leaseId, terms.provider, begin);
    }

    /// @dev The receipt has been checked. Pays what it proves as far as cap and escrow go; closes after a final one.
    function _settle(Terms calldata terms, UsageReceipt calldata receipt, address payout) private returns (uint96 amount) {
        Lease storage l = _leases[receipt.leaseId];
        uint256 due = Pricing.price(terms.prices, receipt.usage);
        amount = _payable(l, terms, receipt.through, due);
        (uint96 escrow, uint96 paid) = (l.escrow - amount, l.paid + amount);
        (l.escrow, l.paid, l.seq, l.through) = (escrow, paid, receipt.seq, receipt.through);
        if (amount != 0) vault.release(terms.token, payout, amount);
        emit LeaseSettled(
            receipt.leaseId,
            terms.provider,
            receipt.seq,
            receipt.through,
            receipt.usage,
            due,
            amount,
            paid,
            receipt.evidenceRoot
        );
        if (receipt.isFinal && l.state == LeaseState.Closing) {
            _finish(l, receipt.leaseId, terms, _owedMinimum(l, terms));
        }
    }

    /// @dev Closed for good: `owed` of the escrow to the provider, the rest back to the tenant. The reason is set already.
    function _finish(Lease storage l, bytes32 leaseId, Terms calldata terms, uint96 owed) private {
        uint96 refund = l.escrow - owed;
        uint96 paid = l.paid + owed;
        (l.escrow, l.paid, l.state) = (0, paid, LeaseState.Closed);
        if (owed != 0) vault.release(terms.token, _standing(terms.provider).payout, owed);
        if (refund != 0) vault.release(terms.token, terms.tenant, refund);
        emit LeaseClosed(leaseId, terms.provider, l.reason, paid, refund);
    }

    function _payable(Lease storage l, Terms calldata terms, uint40 through, uint256 due) private view returns (uint96) {
        uint256 activeSeconds = Math.min(through, l.endsAt) - l.activatedAt;
        uint256 earned = Math.min(due, Pricing.rateCap(terms.prices, terms.resources, activeSeconds));
        return uint96(Math.min(Math.saturatingSub(earned, l.paid), l.escrow));
    }

    /// @dev What an activated lease still owes of its minimum charge. A provider that left is paid for usage only.
    function _owedMinimum(Lease storage l, Terms calldata terms) private view returns (uint96) {
        if (l.reason == CloseReason.Provider) return 0;
        return uint96(Math.min(Math.saturatingSub(terms.minCharge, l.paid), l.escrow));
    }

    function _reservedReason(bytes32 leaseId, Terms calldata terms) private view returns (CloseReason) {
        if (block.timestamp > terms.activateBy) return CloseReason.NotActivated;
        if (msg.sender == terms.tenant) return CloseReason.Tenant;
        revert NotParty(leaseId, msg.sender);
    }

    /// @dev Facts come before callers: a provider that reports an empty escrow did not leave.
    function _activeReason(Lease storage l, bytes32 leaseId, Terms calldata terms) private view returns (CloseReason) {
        if (block.timestamp >= l.endsAt) return CloseReason.Term;
        if (l.escrow <= closingReserve(terms)) return CloseReason.Escrow;
        if (msg.sender == terms.tenant) return CloseReason.Tenant;
        if (_speaksFor(_standing(terms.provider), msg.sender)) return CloseReason.Provider;
        revert NotParty(leaseId, msg.sender);
    }

    function _receiptProblem(Terms calldata terms, UsageReceipt calldata receipt) private view returns (bytes memory) {
        bytes32 leaseId = receipt.leaseId;
        Lease storage l = _leases[leaseId];
        bytes memory problem = _termsProblem(l, leaseId, terms);
        if (problem.length != 0) return problem;
        LeaseState state = l.state;
        if (state != LeaseState.Active && state != LeaseState.Closing) {
            return abi.encodeWithSelector(StateWrong.selector, leaseId, state);
        }
        if (receipt.seq <= l.seq) return abi.encodeWithSelector(SeqTooLow.selector, leaseId, receipt.seq, l.seq);
        // Not later than this block: sent again later it is good. The past is bounded by what is settled already.
        if (receipt.through > block.timestamp || receipt.through < l.through) {
            return abi.encodeWithSelector(ThroughInvalid.selector, leaseId, receipt.through);
        }
        return "";
    }

    function _activationProblem(bytes32 leaseId, Terms calldata terms) private view returns (bytes memory) {
        Lease storage l = _leases[leaseId];
        bytes memory problem = _termsProblem(l, leaseId, terms);
        if (problem.length != 0) return problem;
        if (l.state != LeaseState.Reserved) return abi.encodeWithSelector(StateWrong.selector, leaseId, l.state);
        if (block.timestamp > terms.activateBy) {
            return abi.encodeWithSelector(ActivationTooLate.selector, leaseId, terms.activateBy);
        }
        return "";
    }

    function _termsProblem(Lease storage l, bytes32 leaseId, Terms calldata terms) private view returns (bytes memory) {
        bytes32 agreed = l.termsHash;
        if (agreed == 0) return abi.encodeWithSelector(LeaseUnknown.selector, leaseId);
        if (agreed != hashTerms(terms)) return abi.encodeWithSelector(TermsDiffer.selector, leaseId);
        return "";
    }

    function _operatorProblem(Standing memory who) private view returns (bytes memory) {
        if (_speaksFor(who, msg.sender)) return "";
        return abi.encodeWithSelector(NotOperator.selector, msg.sender, who.operator);
    }

    function _skip(bytes32 leaseId, bytes memory problem) private {
        // Wanted: the selector is the first four bytes of an encoded error.
        // forge-lint: disable-next-line(unsafe-typecast)
        emit SettlementSkipped(leaseId, bytes4(problem));
    }

    function _checkBatch(uint256 size) private pure {
        if (size > MAX_BATCH) revert BatchTooLarge(size, MAX_BATCH);
    }

    /// @dev Reverts with an encoded error; does nothing with an empty one.
    function _raise(bytes memory problem) private pure {
        if (problem.length == 0) return;
        assembly ("memory-safe") {
            revert(add(problem, 0x20), mload(problem))
        }
    }
}
