// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CloseReason, Offer, Request, Settlement, Terms, UsageReceipt} from "../../src/types/Lease.sol";
import {Funding} from "../utils/Funding.sol";
import {LeaseFixture} from "../utils/LeaseFixture.sol";
import {Merkle} from "../utils/Merkle.sol";

/// @title What each step of a lease costs, as whole transactions: snapshots/Gas.json.
/// @dev Isolated: every top-level call is a transaction of its own, with 21,000, calldata and cold slots. "Steady" is the usual
/// case: maker, counter, totals and balances have been used before; "first" pays for new slots. The default lease has a
/// protocol fee and no royalty.
/// forge-config: default.isolate = true
/// forge-config: ci.isolate = true
contract GasTest is LeaseFixture {
    function _snap(string memory name) private {
        vm.snapshotGasLastCall("Gas", name);
    }

    /// @dev Provider and treasury have been paid before.
    function _warm() private {
        (bytes32 id, Terms memory terms) = _reserved();
        _close(tenant, id, terms);
        vm.assertTrue(_balance(payout) != 0 && _balance(treasury) != 0, "paid");
    }

    function test_Match() external {
        _reserved();
        _snap("match, first lease of Offer and Request");
        _reserved();
        _snap("match, further lease of both");
        Request memory r = _request();
        r.salt = 1;
        _match(_offer(), r);
        _snap("match, new Request on a standing Offer");
        Offer memory o = _offer();
        (r.salt, r.fills) = (2, 1);
        o.requestHash = market.requestHash(r);
        _match(o, r);
        _snap("match, quote and Request of one fill");
        vm.prank(tenant);
        vault.withdraw(address(token), DEPOSIT, tenant);
        r.salt = 3;
        _match(_offer(), r);
        _snap("match, escrow by ERC-20 allowance");
    }

    function test_Activate() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.prank(operator);
        manager.activate(id, terms);
        _snap("activate");
    }

    function test_Settle() external {
        _warm();
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 100);
        _settle(terms, _receipt(id, 1, 100));
        _snap("settle, first of the lease");
        vm.warp(START + 200);
        _settle(terms, _receipt(id, 2, 200));
        _snap("settle, steady");
        vm.warp(START + 300);
        UsageReceipt memory receipt = _receipt(id, 3, 300);
        bytes memory signature = _agree(OPERATOR_KEY, receipt);
        vm.prank(stranger);
        manager.settle(terms, receipt, signature, "");
        _snap("settle, steady, by a stranger with a signed receipt");
        vm.warp(START + MATURITY);
        _settle(terms, _receipt(id, 4, MATURITY));
        vm.warp(START + 2 * MATURITY);
        _settle(terms, _receipt(id, 5, 2 * MATURITY));
        _snap("settle, and what has matured is paid");
        vm.warp(START + 2 * MATURITY + 100);
        _settleAgreed(terms, _receipt(id, 6, 2 * MATURITY + 100));
        _snap("settle, countersigned");
        vm.warp(START + 3 * MATURITY);
        _settle(terms, _receipt(id, 7, 3 * MATURITY));
        vm.warp(START + 5 * MATURITY);
        _collect(id, terms);
        _snap("collect");
    }

    function _batch(uint256 n) private returns (bytes32[] memory ids, Terms[] memory terms) {
        _warm();
        _stake(provider, n * SLICE);
        (ids, terms) = (new bytes32[](n), new Terms[](n));
        for (uint256 i = 0; i < n; ++i) {
            (terms[i], ids[i]) = (_default(), _open(_default(), DEPOSIT / 30));
        }
        vm.prank(operator);
        manager.activateMany(ids, terms);
    }

    function _settleAll(bytes32[] memory ids, Terms[] memory terms, uint32 round, uint64 seconds_) private {
        vm.warp(START + seconds_);
        Settlement[] memory items = new Settlement[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            items[i] = Settlement(terms[i], _receipt(ids[i], round, seconds_), "");
        }
        vm.prank(operator);
        manager.settleMany(items);
    }

    function test_SettleMany_10() external {
        (bytes32[] memory ids, Terms[] memory terms) = _batch(10);
        _snap("activateMany, 10");
        _settleAll(ids, terms, 1, 100);
        _settleAll(ids, terms, 2, 200);
        _snap("settleMany, 10, steady");
        _settleAll(ids, terms, 3, MATURITY);
        _settleAll(ids, terms, 4, 2 * MATURITY);
        _snap("settleMany, 10, and what has matured is paid");
        vm.warp(START + 4 * MATURITY);
        vm.prank(operator);
        manager.collectMany(ids, terms);
        _snap("collectMany, 10");
    }

    function test_SettleMany_100() external {
        (bytes32[] memory ids, Terms[] memory terms) = _batch(100);
        _settleAll(ids, terms, 1, 100);
        _settleAll(ids, terms, 2, 200);
        _snap("settleMany, 100, steady");
        _settleAll(ids, terms, 3, MATURITY);
        _settleAll(ids, terms, 4, 2 * MATURITY);
        _snap("settleMany, 100, and what has matured is paid");
    }

    function test_TopUp() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.prank(tenant);
        manager.topUp(id, terms, 1e6, "");
        _snap("topUp, internal balance");
        _fund(stranger, 10e6);
        vm.prank(stranger);
        manager.topUp(id, terms, 1e6, "");
        _snap("topUp, by ERC-20 allowance");
        address signer = vm.addr(SESSION_KEY);
        token.mint(signer, 10e6);
        bytes memory funding = Funding.permit(SESSION_KEY, address(token), address(vault), 1e6, block.timestamp);
        vm.prank(signer);
        manager.topUp(id, terms, 1e6, funding);
        _snap("topUp, by EIP-2612");
        vm.prank(signer);
        token.approve(address(permit2), type(uint256).max);
        Funding.Permit2Order memory order;
        (order.permit2, order.token, order.vault) = (permit2, address(token), address(vault));
        (order.permitted, order.nonce, order.deadline, order.purpose) = (1e6, 7, block.timestamp, id);
        funding = Funding.permit2(SESSION_KEY, order);
        vm.prank(signer);
        manager.topUp(id, terms, 1e6, funding);
        _snap("topUp, by Permit2");
    }

    function test_Close() external {
        _warm();
        (bytes32 id, Terms memory terms) = _active();
        Terms memory reservedTerms = _default();
        bytes32 reserved = _open(reservedTerms, DEPOSIT / 2);
        _close(tenant, reserved, reservedTerms);
        _snap("close, reserved, by the tenant with its fee");
        reserved = _open(reservedTerms, DEPOSIT / 2);
        vm.prank(operator);
        manager.refuse(reserved, reservedTerms);
        _snap("refuse");
        reserved = _open(reservedTerms, DEPOSIT / 2);
        vm.warp(START + ACTIVATION + 1);
        _close(stranger, reserved, reservedTerms);
        _snap("close, not activated, with the penalty");
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 1, 1000));
        _close(tenant, id, terms);
        _snap("close, begins the notice");
        vm.warp(START + 1000 + 2 * MATURITY);
        _collect(id, terms);
        _close(tenant, id, terms);
        _snap("close, refunds the rest and frees the slice");
    }

    function test_FinalReceipt() external {
        _warm();
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 1, 1000));
        _close(tenant, id, terms);
        vm.warp(START + 1000 + NOTICE);
        _settle(terms, _final(id, 2, 1600));
        _snap("settle, final: claims and closes");
    }

    function test_Amend() external {
        _warm();
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 1, 1000));
        Terms memory changed = _copy(terms);
        changed.prices.cpu *= 2;
        _amend(terms, changed, _amendment(id, terms, changed, 2, 1000));
        _snap("amend, first");
        vm.prank(tenant);
        manager.amendSpec(id, changed, "other");
        _snap("amendSpec");
    }

    function test_Merkle_1024() external {
        _warm();
        bytes32[] memory leaves = new bytes32[](1024);
        for (uint256 i = 1; i < 1024; ++i) {
            leaves[i] = keccak256(abi.encode(i));
        }
        (bytes32 id, Terms memory terms) = _active();
        for (uint32 round = 1; round <= 2; ++round) {
            vm.warp(START + 100 * round);
            UsageReceipt memory receipt = _receipt(id, round, 100 * round);
            leaves[0] = manager.leaf(receipt);
            bytes32 root = Merkle.root(leaves);
            bytes memory signature = _sign(OPERATOR_KEY, manager.rootHash(provider, root));
            vm.prank(stranger);
            manager.postRoot(provider, root, signature);
            _snap("Merkle root, by a stranger with a signature");
            bytes32[] memory proof = Merkle.proof(leaves, 0);
            vm.prank(stranger);
            manager.settleProven(terms, receipt, root, proof);
            _snap("Merkle redeem, one of 1,024 leaves, steady");
        }
    }

    function test_Withdraw() external {
        vm.startPrank(tenant);
        vault.withdraw(address(token), DEPOSIT, tenant);
        _snap("withdraw");
        vault.deposit(address(token), tenant, DEPOSIT);
        _snap("deposit");
    }
}
