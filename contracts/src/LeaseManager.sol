// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {Calldata} from "./libraries/Calldata.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Judging} from "./Judging.sol";
import {LeaseBook} from "./LeaseBook.sol";
import {TermsCode} from "./libraries/TermsCode.sol";
import {Lease, LeaseState, Terms} from "./types/Lease.sol";

/// @title The lease machine: Reserved, Active, Closing, Closed. Here is how leases begin; the bases hold the rest.
/// @dev LeaseBook (record, checks, reads) - Payments (maturity, split, slices) - Ending (refuse, close) - Settling (receipts) -
/// Amending - Judging.
contract LeaseManager is Judging {
    constructor(
        IVault vault_,
        IDatacenterRegistry registry_,
        address market_,
        address[] memory judges,
        address treasury_
    ) LeaseBook(vault_, registry_, market_, judges, treasury_) {}

    modifier onlyMarket() {
        if (msg.sender != market) revert NotMarket(msg.sender);
        _;
    }

    /// @inheritdoc ILeaseManager
    function hold(address token, address payer, uint96 amount, bytes32 purpose, bytes calldata funding)
        external
        onlyMarket
        nonReentrant
    {
        emit FundsHeld(token, payer, amount, purpose);
        _lock(token, payer, amount, purpose, funding);
    }

    /// @inheritdoc ILeaseManager
    function unhold(address token, address payer, uint96 amount) external onlyMarket nonReentrant {
        emit FundsUnheld(token, payer, amount);
        Till memory till;
        _credit(till, token, payer, amount);
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    function open(
        bytes32 leaseId,
        Terms calldata terms,
        uint96 deposit,
        bytes32 requestHash,
        bytes32 offerHash,
        uint32 fillIndex
    ) external onlyMarket nonReentrant {
        terms = Calldata.hide(terms);
        Lease storage l = _leases[leaseId];
        if (l.state != LeaseState.None) revert LeaseExists(leaseId);
        (l.escrow, l.state) = (deposit, LeaseState.Reserved);
        l.termsHash = TermsCode.hash(terms);
        TermsCode.emitMatched(leaseId, terms, requestHash, offerHash, fillIndex, deposit);
        _lockSlice(terms, terms.slice);
    }

    /// @inheritdoc ILeaseManager
    function activate(bytes32 leaseId, Terms calldata terms) external nonReentrant {
        terms = Calldata.hide(terms);
        _raise(_activationProblem(leaseId, terms));
        Till memory till;
        _turn(till, terms);
        _raise(_operatorProblem(till));
        _activate(leaseId, terms);
    }

    /// @inheritdoc ILeaseManager
    function activateMany(bytes32[] calldata leaseIds, Terms[] calldata terms) external nonReentrant {
        _checkPairs(leaseIds.length, terms.length);
        Till memory till;
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            bytes memory problem = _activationProblem(leaseIds[i], terms[i]);
            if (problem.length == 0) {
                _turn(till, terms[i]);
                problem = _operatorProblem(till);
            }
            if (problem.length == 0) _activate(leaseIds[i], terms[i]);
            else _skip(leaseIds[i], problem);
        }
    }

    /// @inheritdoc ILeaseManager
    function topUp(bytes32 leaseId, Terms calldata terms, uint96 amount, bytes calldata funding) external nonReentrant {
        terms = Calldata.hide(terms);
        if (amount == 0) revert AmountZero();
        Lease storage l = _known(leaseId, terms);
        if (l.state == LeaseState.Closed) _raise(_stateProblem(leaseId, l.state));
        uint96 escrow = l.escrow;
        uint256 total = uint256(escrow) + l.claimed + amount;
        if (total > type(uint96).max) revert EscrowTooLarge(leaseId, total);
        l.escrow = escrow + amount;
        emit LeaseToppedUp(leaseId, msg.sender, amount, escrow + amount);
        _lock(terms.token, msg.sender, amount, leaseId, funding);
    }

    function _lock(address token, address from, uint256 amount, bytes32 purpose, bytes calldata funding) private {
        vault.lock(token, from, amount, purpose, funding);
    }

    function _activate(bytes32 leaseId, Terms calldata terms) private {
        Lease storage l = _leases[leaseId];
        uint40 begin = uint40(block.timestamp);
        (l.state, l.through) = (LeaseState.Active, begin);
        (l.activatedAt, l.endsAt) = (begin, begin + terms.durationSeconds);
        emit LeaseActivated(leaseId, terms.provider, begin);
    }

    function _activationProblem(bytes32 leaseId, Terms calldata terms) private view returns (bytes memory problem) {
        problem = _termsProblem(leaseId, terms);
        if (problem.length != 0) return problem;
        LeaseState state = _leases[leaseId].state;
        if (state != LeaseState.Reserved) return _stateProblem(leaseId, state);
        if (block.timestamp > terms.activateBy) {
            return abi.encodeWithSelector(ActivationTooLate.selector, leaseId, terms.activateBy);
        }
    }
}
