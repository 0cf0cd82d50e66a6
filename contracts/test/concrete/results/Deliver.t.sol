// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {IResultBoard} from "../../../src/interfaces/IResultBoard.sol";
import {CloseReason, LeaseState, Terms, UsageReceipt} from "../../../src/types/Lease.sol";
import {
    Client,
    GasBurner,
    Reenterer,
    ReturnBomb,
    RevertingClient,
    Spinner
} from "../../utils/HostileClients.sol";
import {Quorum} from "../../utils/Quorum.sol";

/// @dev What a client does in its callback, one by one.
contract DeliverTest is Quorum {
    uint256 private constant MOST_GAS = 450_000;

    function _post(bytes32 id, Terms memory terms) private {
        vm.prank(operator);
        results.postResult(id, terms, RESULT, 0);
    }

    function _books(bytes32 id, address client) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                manager.lease(id),
                _balance(client),
                _balance(payout),
                _balance(tenant),
                vault.lockedOf(address(manager), address(token)),
                vault.lockedOf(address(results), address(token)),
                vault.lockedOf(address(registry), address(token))
            )
        );
    }

    /// @dev It fails, costs the caller no more than the callback's gas, changes nothing, and goes through once the client is sane.
    function _failsAndCanBeTriedAgain(address client) private {
        (bytes32 id, Terms memory terms) = _activeFor(client);
        bytes32 books = _books(id, client);
        vm.expectEmit(address(results));
        emit IResultBoard.DeliveryFailed(id, client);
        vm.prank(operator);
        results.postResult{gas: MOST_GAS}(id, terms, RESULT, 0);
        vm.assertEq(_books(id, client), books, "books after the post");
        vm.expectEmit(address(results));
        emit IResultBoard.DeliveryFailed(id, client);
        vm.prank(stranger);
        results.deliver{gas: MOST_GAS}(id);
        vm.assertEq(_books(id, client), books, "books after another try");
        IResultBoard.Result memory r = results.resultOf(id);
        vm.assertTrue(r.digest == RESULT && r.postedAt != 0 && !r.delivered, "on record, not delivered");

        vm.etch(client, address(new Client(tenant)).code);
        vm.expectEmit(address(results));
        emit IResultBoard.ResultDelivered(id, client);
        vm.prank(stranger);
        results.deliver(id);
        vm.assertEq(Client(client).digest(), RESULT, "digest");
        vm.assertEq(_books(id, client), books, "books after the delivery");
    }

    function test_RevertWhen_ThereIsNoResult() external {
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.ResultUnknown.selector, bytes32("?")));
        results.deliver("?");
    }

    function test_RevertWhen_ThereIsNothingToDeliver() external {
        (bytes32 id, Terms memory terms) = _active();
        _post(id, terms);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.NothingToDeliver.selector, id));
        results.deliver(id);
        (id, terms) = _activeFor(address(new Client(tenant)));
        _post(id, terms);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.NothingToDeliver.selector, id));
        results.deliver(id);
    }

    function test_RevertWhen_TooLittleGas() external {
        (bytes32 id, Terms memory terms) = _activeFor(address(new RevertingClient(tenant)));
        _post(id, terms);
        try results.deliver{gas: 225_000}(id) {
            vm.assertTrue(false, "went through");
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(IResultBoard.GasTooLow.selector), "reason");
        }
    }

    function test_AClientThatReverts() external {
        _failsAndCanBeTriedAgain(address(new RevertingClient(tenant)));
    }

    function test_AClientThatBurnsAllGas() external {
        _failsAndCanBeTriedAgain(address(new GasBurner(tenant)));
    }

    function test_AClientThatSpins() external {
        _failsAndCanBeTriedAgain(address(new Spinner(tenant)));
    }

    function test_AClientThatRevertsWithABomb() external {
        _failsAndCanBeTriedAgain(address(new ReturnBomb(tenant, true)));
    }

    /// @dev It took the call, so it counts as delivered; what it returned is not looked at and not paid for.
    function test_AClientThatReturnsABomb() external {
        address client = address(new ReturnBomb(tenant, false));
        (bytes32 id, Terms memory terms) = _activeFor(client);
        bytes32 books = _books(id, client);
        vm.prank(operator);
        results.postResult{gas: MOST_GAS}(id, terms, RESULT, 0);
        vm.assertTrue(results.resultOf(id).delivered, "delivered");
        vm.assertEq(_books(id, client), books, "books");
    }

    /// @dev Gone for good, or an account whose delegation (EIP-7702) was taken back for a moment.
    function test_AClientWithoutCode() external {
        address client = address(new Client(tenant));
        bytes memory code = client.code;
        (bytes32 id, Terms memory terms) = _activeFor(client);
        vm.etch(client, "");
        bytes32 books = _books(id, client);
        vm.expectEmit(address(results));
        emit IResultBoard.DeliveryFailed(id, client);
        _post(id, terms);
        vm.assertEq(_books(id, client), books, "books");
        vm.assertFalse(results.resultOf(id).delivered, "delivered");
        vm.etch(client, code);
        results.deliver(id);
        vm.assertEq(Client(client).calls(), 1, "calls");
    }

    /// @dev Others may get code and lose it: only what was signed at the match decides.
    function test_ATenantThatGetsCodeLater_IsNotCalled() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.etch(tenant, address(new RevertingClient(tenant)).code);
        _post(id, terms);
        vm.assertEq(results.resultOf(id).client, address(0), "client");
    }

    function _armed(bytes memory call_, address target, Reenterer client, bytes32 id, Terms memory terms) private {
        client.arm(target, call_);
        _post(id, terms);
    }

    function test_ReentersTheBoard_IsRefused() external {
        Reenterer client = new Reenterer(tenant);
        (bytes32 id, Terms memory terms) = _activeFor(address(client));
        IResultBoard.JobTerms memory job = _job();
        job.tenant = address(client);
        bytes[4] memory calls = [
            abi.encodeCall(IResultBoard.deliver, (id)),
            abi.encodeCall(IResultBoard.postResult, (id, terms, LIE, 1)),
            abi.encodeCall(IResultBoard.openJob, (job, "")),
            abi.encodeCall(IResultBoard.finalise, (job, new Terms[](0)))
        ];
        bytes32 books = _books(id, address(client));
        for (uint256 i = 0; i < calls.length; ++i) {
            uint256 state = vm.snapshotState();
            _armed(calls[i], address(results), client, id, terms);
            vm.assertFalse(client.gotThrough(), "got through");
            vm.assertEq(
                bytes32(bytes4(client.answer())), bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()"))), "answer"
            );
            vm.assertEq(_books(id, address(client)), books, "books");
            vm.assertEq(results.resultOf(id).digest, RESULT, "digest");
            vm.revertToState(state);
        }
    }

    /// @dev Through its callback a client can do what it can do anyway, and what that does is the same.
    function _sameAsAlone(bytes memory call_, Reenterer client, bytes32 id, Terms memory terms) private {
        uint256 state = vm.snapshotState();
        vm.prank(address(client));
        (bool ok,) = address(manager).call(call_);
        bytes32 books = _books(id, address(client));
        vm.revertToState(state);
        _armed(call_, address(manager), client, id, terms);
        vm.assertTrue(client.gotThrough() == ok, "got through as alone");
        vm.assertEq(_books(id, address(client)), books, "books");
        vm.assertTrue(results.resultOf(id).delivered, "delivered");
    }

    function test_ReentersSettle_AsAlone() external {
        Reenterer client = new Reenterer(tenant);
        (bytes32 id, Terms memory terms) = _activeFor(address(client));
        vm.warp(START + 100);
        UsageReceipt memory receipt = _receipt(id, 1, 100);
        bytes memory signature = _sign(OPERATOR_KEY, manager.receiptHash(receipt));
        _sameAsAlone(abi.encodeCall(ILeaseManager.settle, (terms, receipt, signature, "")), client, id, terms);
        vm.assertEq(manager.lease(id).claimed, 100 * RATE, "claimed");
    }

    function test_ReentersSettle_WithoutASignature() external {
        Reenterer client = new Reenterer(tenant);
        (bytes32 id, Terms memory terms) = _activeFor(address(client));
        vm.warp(START + 100);
        UsageReceipt memory receipt = _receipt(id, 1, 100);
        _sameAsAlone(abi.encodeCall(ILeaseManager.settle, (terms, receipt, "", "")), client, id, terms);
        vm.assertEq(manager.lease(id).claimed, 0, "claimed");
    }

    function test_ReentersClose_AsAlone() external {
        Reenterer client = new Reenterer(tenant);
        (bytes32 id, Terms memory terms) = _activeFor(address(client));
        _sameAsAlone(abi.encodeCall(ILeaseManager.close, (id, terms, CloseReason.None)), client, id, terms);
        vm.assertTrue(manager.lease(id).state == LeaseState.Closing, "its own lease");
    }

    function test_AJobsClient_ChangesNothingOfTheMoney() external {
        address[5] memory clients = [
            address(new Client(tenant)),
            address(new RevertingClient(tenant)),
            address(new GasBurner(tenant)),
            address(new ReturnBomb(tenant, true)),
            address(new Reenterer(tenant))
        ];
        bytes32 expected;
        for (uint256 i = 0; i < clients.length; ++i) {
            uint256 state = vm.snapshotState();
            bytes32 books = _voted(clients[i]);
            vm.revertToState(state);
            if (i == 0) expected = books;
            vm.assertEq(books, expected, "books");
        }
    }

    /// @return what everybody has after a job with one liar
    function _voted(address client) private returns (bytes32) {
        _replicas(_requestOf(client), 3);
        IResultBoard.JobTerms memory job = _job();
        (job.tenant, job.callback) = (client, true);
        bytes32 id = _openJob(job);
        _vote(job, [RESULT, LIE, RESULT]);
        _finalise(job);
        vm.assertTrue(results.jobState(id) == IResultBoard.JobState.Agreed, "agreed");
        vm.assertEq(results.resultOf(id).client, client, "client");
        uint256[9] memory has;
        for (uint256 i = 0; i < 3; ++i) {
            (has[2 * i], has[2 * i + 1]) = (_balance(_operatorOf(i)), _balance(_payoutOf(i)));
        }
        (has[6], has[7]) = (_balance(client), _balance(BURNED));
        has[8] = vault.lockedOf(address(results), address(token));
        return keccak256(abi.encode(has));
    }
}
